//! The test of the client scenarios: this project's client with a mutant must fail them.
//!
//! The mutants stand in tables beside the crates of the client. `cargo xtask self-test` builds this program from a copy of the project in
//! which each mutant stands behind a switch, and runs this test. The variable `FH_MUTANT` switches one mutant on in the adapter's process.
//!
//! A test of everything tries a scenario only with the mutants that can make a difference to it: those whose switches it asks when it runs
//! without a mutant (module `asked`), and those that it claims to find.

mod asked;
mod exempt;
mod kills;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

pub use exempt::{EXEMPT_MUTANTS, EXEMPT_SCENARIOS, ExemptMutants};
pub use kills::Kills;

use self::asked::{Asked, Switches};
use crate::adapter::AdapterCommand;
use crate::parallel;
use crate::sdk::{
    Delays, Scenario, ScenarioOutcome, Subject, run_one, scenarios, shorten_patience,
};

/// The variable that switches a mutant on.
const SWITCH: &str = "FH_MUTANT";

/// A mutant: its name and what it breaks.
pub type Mutant = (String, &'static str);

/// A scenario and the mutant with which it is run, if there is one.
#[derive(Debug, Clone, Copy)]
struct Trial<'a> {
    scenario: &'static Scenario,
    mutant: Option<&'a str>,
    /// True if the scenario asks the switch of the mutant in a run without the mutant. `None` if no such run was recorded.
    asks: Option<bool>,
}

impl Trial<'_> {
    fn is_claim(&self) -> bool {
        self.mutant.is_some_and(|mutant| self.scenario.bites.contains(&mutant))
    }
}

/// Returns the mutants that this build contains. An ordinary build contains none.
#[must_use]
pub fn mutants() -> Vec<Mutant> {
    #[cfg(mutants)]
    {
        let name = |mutant: &dyn std::fmt::Debug| format!("{mutant:?}");
        let session = fh_session::mutants::Mutant::ALL.iter().map(|(m, what)| (name(m), *what));
        // The scenarios have an Edge. The simulation of the session finds the mutants of further systems.
        let session = session.filter(|(name, _)| {
            !["FeatBit", "FeatureSignals"].iter().any(|system| name.starts_with(system))
        });
        let repository =
            fh_repository::mutants::Mutant::ALL.iter().map(|(m, what)| (name(m), *what));
        let client = fh_client::mutants::Mutant::ALL.iter().map(|(m, what)| (name(m), *what));
        session.chain(repository).chain(client).collect()
    }
    #[cfg(not(mutants))]
    Vec::new()
}

/// Which scenarios run with which mutants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Each scenario with the mutants that it claims to find.
    Claims,
    /// Each fast scenario also with every mutant that can make a difference to it.
    Everything,
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
    /// Number of scenarios that run at once without a mutant, or with one that they claim to find.
    pub jobs: usize,
    /// Number of scenarios that run at once with other mutants. It may be higher, because most of these runs wait, and what they find is
    /// tried again.
    pub jobs_with_mutants: usize,
}

/// The result of a trial.
#[derive(Debug, Clone, Default)]
struct Tried {
    /// The label of the failed check; `None` if the scenario passed or was skipped.
    label: Option<String>,
    /// True if the scenario was skipped, or if it must fail because the client lacks the tested function.
    was_skipped: bool,
    /// The time that the trial took.
    took: Duration,
}

/// The time after which a scenario with a mutant gives up waiting. Most mutants make a scenario wait in vain.
const SHORT_PATIENCE: Duration = Duration::from_secs(4);

/// The longest run of a scenario that is tried with every mutant that can make a difference to it.
const LONGEST_FAST_RUN: Duration = Duration::from_secs(5);

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
    let without = |scenario: &&'static Scenario| Trial { scenario, mutant: None, asks: None };
    let mut trials: Vec<Trial<'_>> = all.iter().map(without).collect();
    let mut tried;
    let switches: Option<Switches> = match selection.extent {
        Extent::Claims => {
            tried = run(&trials, selection.jobs, &tell, |_| subject.clone());
            shorten_patience(SHORT_PATIENCE);
            None
        }
        Extent::Everything => {
            let asked = Asked::new()?;
            let recorded = |trial: &Trial<'_>| {
                let file = asked.file(trial.scenario.id).display().to_string();
                with_variable(&subject, asked::VARIABLE, &file)
            };
            let last_run = trials.clone();
            trials = trials.repeat(asked::RUNS - 1);
            tried = run(&trials, selection.jobs, &tell, recorded);
            // The last run shows that the scenarios need no longer waits.
            shorten_patience(SHORT_PATIENCE);
            tried.extend(run(&last_run, selection.jobs, &tell, recorded));
            trials.extend(last_run);
            let ran = trials.iter().zip(&tried).filter(|(_, tried)| !tried.was_skipped);
            Some(asked.read(ran.map(|(trial, _)| trial.scenario.id))?)
        }
    };
    let fast = fast(&trials, &tried);
    let mutated = with_mutants(&all, &mutants, switches.as_ref(), &fast);
    // A busy machine delays a client, so that a delay does not seem to be missing. The claims therefore run apart, with as few jobs as in CI.
    let (claims, others): (Vec<_>, Vec<_>) = mutated.into_iter().partition(Trial::is_claim);
    for (mutated, jobs) in [(claims, selection.jobs), (others, selection.jobs_with_mutants)] {
        tried.extend(run(&mutated, jobs, &tell, |trial| {
            with_variable(&subject, SWITCH, trial.mutant.unwrap_or_default())
        }));
        trials.extend(mutated);
    }
    Ok(Kills::of(trials.iter().zip(tried), &mutants, &all))
}

/// Returns the trials with mutants: all claims, and each fast scenario with the mutants whose switches it asks.
fn with_mutants<'a>(
    scenarios: &[&'static Scenario],
    mutants: &'a [Mutant],
    switches: Option<&Switches>,
    fast: &BTreeSet<&str>,
) -> Vec<Trial<'a>> {
    let mut trials: Vec<Trial<'_>> = mutants
        .iter()
        .flat_map(|(name, _)| scenarios.iter().map(move |scenario| (*scenario, name.as_str())))
        .map(|(scenario, mutant)| Trial {
            scenario,
            mutant: Some(mutant),
            asks: switches.map(|switches| switches.has(scenario.id, mutant)),
        })
        .filter(|trial| {
            trial.is_claim() || (trial.asks == Some(true) && fast.contains(trial.scenario.id))
        })
        .collect();
    trials.sort_by_key(|trial| !trial.scenario.slow);
    trials
}

/// Returns the scenarios that are tried with every mutant that can make a difference to them: those with a short run.
fn fast(trials: &[Trial<'_>], tried: &[Tried]) -> BTreeSet<&'static str> {
    let ran = trials.iter().zip(tried);
    let fast = ran.filter(|(trial, tried)| !trial.scenario.slow && tried.took <= LONGEST_FAST_RUN);
    fast.map(|(trial, _)| trial.scenario.id).collect()
}

/// Returns the subject with a variable for the processes of its adapter. The variable reaches no other process.
fn with_variable(subject: &Subject, name: &str, value: &str) -> Subject {
    let command = subject.command.with_variable(name, value);
    Subject { command, ..subject.clone() }
}

/// Runs scenarios, several at a time, and returns the result of each in the same order.
fn run<'a>(
    trials: &[Trial<'a>],
    jobs: usize,
    tell: &(impl Fn(&Scenario, Option<&str>, &str) + Sync),
    subject: impl Fn(&Trial<'a>) -> Subject + Sync,
) -> Vec<Tried> {
    parallel::map(trials, jobs, |trial| {
        let begin = Instant::now();
        let outcome = outcome(trial, &subject(trial));
        let say = |text: &str| tell(trial.scenario, trial.mutant, text);
        let mut tried = Tried { took: begin.elapsed(), ..Tried::default() };
        match outcome {
            ScenarioOutcome::Passed => {}
            ScenarioOutcome::Skipped(skip) => {
                say(&format!("was skipped: {skip}"));
                tried.was_skipped = true;
            }
            ScenarioOutcome::Failed(failure) => {
                say(&failure.label);
                tried.label = Some(failure.label);
            }
        }
        tried
    })
}

/// Runs a scenario. Waits are short, so a busy machine can make a scenario fail which has nothing to do with the mutant. A mutant that the
/// scenario does not claim to find must therefore fail it twice. A busy machine can also delay a client so that a missing delay does not show,
/// so a claim whose mutant is not found is tried once more.
fn outcome(trial: &Trial<'_>, subject: &Subject) -> ScenarioOutcome {
    let run = || run_one(trial.scenario, subject, Delays::Scaled).outcome;
    match run() {
        ScenarioOutcome::Failed(_) if trial.mutant.is_some() && !trial.is_claim() => run(),
        ScenarioOutcome::Passed if trial.is_claim() => run(),
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutants(names: &[&str]) -> Vec<Mutant> {
        names.iter().map(|name| ((*name).to_owned(), "Something.")).collect()
    }

    /// Returns the pairs of a scenario and a mutant.
    fn pairs<'a>(trials: &[Trial<'a>]) -> Vec<(&'static str, &'a str)> {
        trials.iter().map(|trial| (trial.scenario.id, trial.mutant.unwrap())).collect()
    }

    #[test]
    fn a_claim_is_tried_whatever_the_scenario_asks() {
        let scenario = scenarios::named("C-POLL-010").unwrap();
        let claim = *scenario.bites.first().unwrap();
        let mutants = mutants(&[claim, "Asked", "NotAsked"]);
        let fast = BTreeSet::from([scenario.id]);
        let tried = |asks: &[&str], fast: &BTreeSet<&str>| {
            let asks = Switches::of(scenario.id, asks);
            with_mutants(&[scenario], &mutants, Some(&asks), fast).len()
        };
        assert_eq!(tried(&[], &fast), 1);
        assert_eq!(tried(&["Asked"], &fast), 2);
        assert_eq!(tried(&["Asked", claim], &fast), 2);
        // A scenario that is not fast is tried with its claims only.
        assert_eq!(tried(&["Asked", claim], &BTreeSet::new()), 1);
        let claims = with_mutants(&[scenario], &mutants, None, &fast);
        assert_eq!(pairs(&claims), [(scenario.id, claim)]);
    }

    #[test]
    fn a_mutant_that_is_found_without_its_switch_spoils_the_proof() {
        let scenario = scenarios::named("C-POLL-010").unwrap();
        let claim = *scenario.bites.first().unwrap();
        let mutants = mutants(&[claim]);
        let fails = Tried { label: Some("a label".to_owned()), ..Tried::default() };
        let kills = |asks| {
            let trial = Trial { scenario, mutant: Some(claim), asks };
            Kills::of(std::iter::once((&trial, fails.clone())), &mutants, &[scenario])
        };
        assert!(kills(Some(true)).is_proof() && kills(None).is_proof());
        let spoilt = kills(Some(false));
        assert!(!spoilt.is_proof());
        assert_eq!(spoilt.unrecorded, [format!("C-POLL-010 with {claim}")]);
    }

    #[test]
    fn a_scenario_with_one_short_run_is_fast() {
        let trial =
            |id| Trial { scenario: scenarios::named(id).unwrap(), mutant: None, asks: None };
        let took = |seconds| Tried { took: Duration::from_secs(seconds), ..Tried::default() };
        let trials = [trial("P-001"), trial("P-002"), trial("P-001"), trial("F-001")];
        let fast = fast(&trials, &[took(6), took(6), took(5), took(1)]);
        assert_eq!(fast, BTreeSet::from(["P-001"]));
    }
}
