//! Runs scenarios of servers, several at a time.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Outcome, Scenario, ServerLauncher};
use crate::server::wire::Journal;

/// A scenario that was run.
#[derive(Debug)]
pub struct ScenarioRun {
    /// The scenario.
    pub scenario: &'static Scenario,
    /// The outcome.
    pub outcome: Outcome,
    /// The time that it took.
    pub took: Duration,
    /// The record of the requests and answers.
    pub journal: Journal,
}

/// Runs scenarios and returns their runs in the same order. At most `jobs` scenarios run at once. `each` is called after each one.
pub fn run_all(
    scenarios: &[&'static Scenario],
    launcher: &dyn ServerLauncher,
    jobs: usize,
    each: impl Fn(&ScenarioRun) + Sync,
) -> Vec<ScenarioRun> {
    let next = AtomicUsize::new(0);
    let runs = Mutex::new(Vec::with_capacity(scenarios.len()));
    thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, scenarios.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(scenario) = scenarios.get(index) else { return };
                    let journal = Journal::new(launcher.redactor());
                    let begun = Instant::now();
                    let outcome = scenario.run_noting(launcher, &journal);
                    let run = ScenarioRun { scenario, outcome, took: begun.elapsed(), journal };
                    each(&run);
                    runs.lock().unwrap_or_else(PoisonError::into_inner).push((index, run));
                }
            });
        }
    });
    let mut runs: Vec<(usize, ScenarioRun)> =
        runs.into_inner().unwrap_or_else(PoisonError::into_inner);
    runs.sort_by_key(|(index, _)| *index);
    runs.into_iter().map(|(_, run)| run).collect()
}
