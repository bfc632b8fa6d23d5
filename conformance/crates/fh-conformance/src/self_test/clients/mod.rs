//! The test of the client scenarios: this project's client with a mutant must fail them.
//!
//! The mutants stand in tables beside the crates of the client. `cargo xtask self-test` builds this program from a copy of the project in
//! which each mutant stands behind a switch, and runs this test. The variable `FH_MUTANT` switches one mutant on in the adapter's process.

mod exempt;
mod kills;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

pub use exempt::{EXEMPT_MUTANTS, EXEMPT_SCENARIOS, ExemptMutants};
pub use kills::Kills;

use super::servers::Extent;
use crate::adapter::AdapterCommand;
use crate::sdk::{
    Delays, Scenario, ScenarioOutcome, Skip, Subject, run_one, scenarios, shorten_patience,
};

/// The variable that switches a mutant on.
const SWITCH: &str = "FH_MUTANT";

/// A mutant: its name and what it breaks.
pub type Mutant = (String, &'static str);

/// A scenario and the mutant with which it is run, if there is one.
type Trial<'a> = (&'static Scenario, Option<&'a str>);

/// Returns the mutants that this build contains. An ordinary build contains none.
#[must_use]
pub fn mutants() -> Vec<Mutant> {
    #[cfg(mutants)]
    {
        let name = |mutant: &dyn std::fmt::Debug| format!("{mutant:?}");
        let session = fh_session::mutants::Mutant::ALL.iter().map(|(m, what)| (name(m), *what));
        let repository =
            fh_repository::mutants::Mutant::ALL.iter().map(|(m, what)| (name(m), *what));
        let client = fh_client::mutants::Mutant::ALL.iter().map(|(m, what)| (name(m), *what));
        session.chain(repository).chain(client).collect()
    }
    #[cfg(not(mutants))]
    Vec::new()
}

/// The mutants and scenarios of a test.
#[derive(Debug, Clone)]
pub struct Selection {
    /// With which mutants a scenario is run. Slow scenarios are always run with the mutants that they claim to find.
    pub extent: Extent,
    /// The only mutants to try, if there are any.
    pub mutants: Vec<String>,
    /// The only groups of scenarios to run, if there are any.
    pub groups: Vec<String>,
    /// The only scenarios to run, if there are any.
    pub scenarios: Vec<String>,
    /// Number of scenarios that run at once.
    pub jobs: usize,
}

/// The result of a trial.
#[derive(Debug, Clone, Default)]
struct Tried {
    /// The label of the failed check; `None` if the scenario passed or was skipped.
    label: Option<String>,
    /// The time that the trial took.
    took: Duration,
}

/// The time after which a scenario with a mutant gives up waiting. Most mutants make a scenario wait in vain.
const SHORT_PATIENCE: Duration = Duration::from_secs(4);

/// Runs every selected scenario without a mutant, and then with mutants. `tell` is called at once with each failure and each
/// skipped scenario.
///
/// # Errors
/// A message if the adapter cannot be started.
pub fn kills(
    command: &AdapterCommand,
    selection: &Selection,
    tell: impl Fn(&Scenario, Option<&str>, &str) + Sync,
) -> Result<Kills, String> {
    let takes =
        |list: &[String], name: &str| list.is_empty() || list.iter().any(|each| each == name);
    let mut mutants = mutants();
    mutants.retain(|(name, _)| takes(&selection.mutants, name));
    let subject = Subject::discover(command.clone())?;
    let mut all: Vec<&'static Scenario> = scenarios::all()
        .filter(|each| takes(&selection.groups, each.group()))
        .filter(|each| takes(&selection.scenarios, each.id))
        .collect();
    // The slow ones come first, so that none of them is left when all others have ended.
    all.sort_by_key(|scenario| !scenario.slow);
    let mut trials: Vec<Trial<'_>> = all.iter().map(|scenario| (*scenario, None)).collect();
    let mut tried = run(&trials, &subject, selection.jobs, &tell);
    shorten_patience(SHORT_PATIENCE);
    let mut mutated = Vec::new();
    for (name, _) in &mutants {
        let tries = |scenario: &&&'static Scenario| {
            let is_claim = scenario.bites.contains(&name.as_str());
            is_claim || (selection.extent == Extent::Everything && !scenario.slow)
        };
        mutated.extend(all.iter().filter(tries).map(|scenario| (*scenario, Some(name.as_str()))));
    }
    mutated.sort_by_key(|(scenario, _)| !scenario.slow);
    tried.extend(run(&mutated, &subject, selection.jobs, &tell));
    trials.extend(mutated);
    Ok(Kills::of(trials.iter().zip(tried), &mutants, &all))
}

/// Runs scenarios, several at a time, and returns the result of each in the same order.
fn run(
    trials: &[Trial<'_>],
    subject: &Subject,
    jobs: usize,
    tell: &(impl Fn(&Scenario, Option<&str>, &str) + Sync),
) -> Vec<Tried> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![Tried::default(); trials.len()]);
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((scenario, mutant)) = trials.get(index) else { return };
                    let mut subject = subject.clone();
                    if let Some(mutant) = mutant {
                        subject.command = subject.command.with_variable(SWITCH, mutant);
                    }
                    let skipped =
                        |skip: &Skip| tell(scenario, *mutant, &format!("was skipped: {skip}"));
                    let begin = Instant::now();
                    let label = failure(scenario, &subject, *mutant, skipped);
                    if let Some(label) = &label {
                        tell(scenario, *mutant, label);
                    }
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(place) = results.get_mut(index) {
                        *place = Tried { label, took: begin.elapsed() };
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a scenario and returns the label of its failure. Waits are short, so a busy machine can make a scenario fail which has nothing to do
/// with the mutant. A mutant that the scenario does not claim to find must therefore fail it twice.
fn failure(
    scenario: &'static Scenario,
    subject: &Subject,
    mutant: Option<&str>,
    skipped: impl Fn(&Skip),
) -> Option<String> {
    let run = || match run_one(scenario, subject, Delays::Scaled).outcome {
        ScenarioOutcome::Failed(failure) => Some(failure.label),
        ScenarioOutcome::Skipped(skip) => {
            skipped(&skip);
            None
        }
        ScenarioOutcome::Passed => None,
    };
    let label = run()?;
    let is_expected = mutant.is_none_or(|mutant| scenario.bites.contains(&mutant));
    if is_expected { Some(label) } else { run() }
}
