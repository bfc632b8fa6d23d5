//! Runs scenarios of servers, several at a time.

use std::time::{Duration, Instant};

use super::{Outcome, Scenario, ServerLauncher};
use crate::parallel;
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
    parallel::map(scenarios, jobs, |scenario| {
        let journal = Journal::new(launcher.redactor());
        let begun = Instant::now();
        let outcome = scenario.run_noting(launcher, &journal);
        let run = ScenarioRun { scenario, outcome, took: begun.elapsed(), journal };
        each(&run);
        run
    })
}
