//! The test of the server scenarios: a server with a deliberate bug must fail them.
//!
//! The server is always the same one. A proxy between it and a scenario rewrites what passes, as a server with the bug would have sent it.
//! Each rewrite names the scenarios that must find it. Without a rewrite, all scenarios must pass through the proxy.

mod answer_side;
mod asked;
mod chunk;
mod event;
mod kills;
mod launcher;
mod memory;
mod message;
mod proxy;
mod request_side;
mod rewrite;
mod rewrites;

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};

pub use kills::Kills;
pub use rewrite::{Effect, Rewrite};

use crate::server::scenario::{Failure, Outcome, Scenario, ServerLauncher};
use crate::server::wire::WireError;
use launcher::Rewritten;

/// The time that an answer may take if the rewrite withholds something.
const SHORT: Duration = Duration::from_secs(3);
/// The time that an answer may take otherwise.
const LONG: Duration = Duration::from_secs(60);

/// Maximum number of rewrites that no scenario finds, and of scenarios that find no rewrite.
const MOST_EXEMPT: usize = 8;

const NO_START: &str = "needs a server that listens before it has a state, which `fh serve` does not; \
                        the test `server::rewrites` runs it with an Edge in process";

/// The rewrites that no scenario finds, each with the reason and the test that does find it.
pub const EXEMPT_REWRITES: &[(&str, &str)] = &[
    ("not-ready-404", NO_START),
    ("health-always-200", NO_START),
    ("old-readiness-path-404", NO_START),
];

/// The scenarios that find no rewrite, each with the reason.
pub const EXEMPT_SCENARIOS: &[(&str, &str)] = &[("S-GET-029", NO_START), ("S-OPS-001", NO_START)];

/// Returns all rewrites.
#[must_use]
pub fn rewrites() -> Vec<&'static Rewrite> {
    rewrites::all().collect()
}

/// Which scenarios run with which rewrites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Each scenario with the rewrites that name it.
    Claims,
    /// Each scenario with every rewrite.
    Everything,
}

/// A scenario that runs with a rewrite, or without one.
#[derive(Debug, Clone, Copy)]
struct Trial {
    scenario: &'static Scenario,
    rewrite: Option<&'static Rewrite>,
    patience: Duration,
}

impl Trial {
    fn new(scenario: &'static Scenario, rewrite: Option<&'static Rewrite>) -> Self {
        let is_claim = rewrite.is_none_or(|each| each.found_by.contains(&scenario.id));
        let is_withheld = rewrite.is_some_and(|each| each.effect == Effect::Missing);
        let patience = if is_claim && !is_withheld { LONG } else { SHORT };
        Self { scenario, rewrite, patience }
    }

    fn run(&self, launcher: &dyn ServerLauncher, runtime: &Handle) -> Outcome {
        let rewrite = self.rewrite.unwrap_or(&rewrite::NOTHING);
        let (runtime, patience) = (runtime.clone(), self.patience);
        let outcome = self.scenario.run(&Rewritten { launcher, rewrite, runtime, patience });
        match outcome {
            // Nothing was withheld, so the machine was too slow.
            Err(Failure::Wire(WireError::TimedOut)) if rewrite.effect == Effect::Wrong => Ok(()),
            outcome => outcome,
        }
    }
}

/// Runs scenarios without a rewrite, and with the rewrites of the extent.
///
/// # Errors
/// If the proxies cannot be started.
pub fn kills(
    launcher: &dyn ServerLauncher,
    scenarios: &[&'static Scenario],
    extent: Extent,
    jobs: usize,
) -> io::Result<Kills> {
    let rewrites = rewrites();
    let mut trials: Vec<Trial> = scenarios.iter().map(|each| Trial::new(each, None)).collect();
    for rewrite in &rewrites {
        let runs = |scenario: &&&'static Scenario| {
            extent == Extent::Everything || rewrite.found_by.contains(&scenario.id)
        };
        let runs = scenarios.iter().filter(runs);
        trials.extend(runs.map(|scenario| Trial::new(scenario, Some(rewrite))));
    }
    let runtime =
        Builder::new_multi_thread().worker_threads(2).enable_io().enable_time().build()?;
    let outcomes = run_all(&trials, launcher, runtime.handle(), jobs);
    Ok(Kills::new(scenarios, &rewrites, trials.into_iter().zip(outcomes)))
}

/// Runs trials, several at a time, and returns their outcomes in the same order.
fn run_all(
    trials: &[Trial],
    launcher: &dyn ServerLauncher,
    runtime: &Handle,
    jobs: usize,
) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::with_capacity(trials.len()));
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(trial) = trials.get(index) else { return };
                    let outcome = trial.run(launcher, runtime);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(index, _)| *index);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::server::scenario::ALL;

    #[test]
    fn rewrites_have_names_and_name_scenarios() {
        let rewrites = rewrites();
        let names: BTreeSet<&str> = rewrites.iter().map(|each| each.name).collect();
        assert_eq!(names.len(), rewrites.len(), "two rewrites have the same name");
        assert!(names.len() >= 40);
        for rewrite in &rewrites {
            assert!(!rewrite.found_by.is_empty(), "{}", rewrite.name);
            for id in rewrite.found_by {
                assert!(Scenario::named(id).is_some(), "{} names {id}", rewrite.name);
            }
        }
        for scenario in ALL {
            let is_named = rewrites.iter().any(|each| each.found_by.contains(&scenario.id));
            assert!(is_named, "no rewrite names {}", scenario.id);
        }
    }
}
