//! The test of the client scenarios: this project's client with a mutant must fail them.
//!
//! The mutants stand in tables beside the crates of the client. `cargo xtask self-test` builds this program from a copy of the project in
//! which each mutant stands behind a switch, and runs this test. The variable `FH_MUTANT` switches one mutant on in the adapter's process.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::adapter::AdapterCommand;
use crate::json::Json;
use crate::sdk::{
    Delays, Scenario, ScenarioOutcome, Subject, run_one, scenarios, shorten_patience,
};

/// The variable that switches a mutant on.
const SWITCH: &str = "FH_MUTANT";

/// Maximum number of mutants that no scenario finds, and of scenarios that find no mutant.
const MOST_EXEMPT: usize = 10;

/// The mutants that no scenario finds, each with the reason and the test that does find it.
pub const EXEMPT_MUTANTS: &[(&str, &str)] = &[(
    "OtherContextsAnswer",
    "no operation reads through another context of a server-evaluated key; the test `server_evaluated::a_stream_is_opened_anew` of fh-client finds it",
)];

/// The scenarios that find no mutant, each with the reason.
pub const EXEMPT_SCENARIOS: &[(&str, &str)] = &[];

/// A mutant: its name and what it breaks.
pub type Mutant = (String, &'static str);

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

/// The results of the test.
#[derive(Debug, Default)]
pub struct Kills {
    /// The scenarios that failed with each mutant, with the labels of the failed checks.
    pub by_mutant: BTreeMap<String, Vec<(&'static str, String)>>,
    /// Claims of scenarios to find a mutant that they do not find.
    pub false_claims: Vec<String>,
    /// Scenarios that fail without a mutant.
    pub unsound: Vec<String>,
    /// Exemptions that are not needed, or that name something that does not exist.
    pub needless: Vec<String>,
    /// Mutants that no scenario found.
    pub survivors: Vec<String>,
    /// Scenarios that found no mutant.
    pub idle: Vec<&'static str>,
}

impl Kills {
    /// Returns true if every mutant and every scenario without an exemption has a partner.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.false_claims.is_empty()
            && self.unsound.is_empty()
            && self.needless.is_empty()
            && self.survivors.is_empty()
            && self.idle.is_empty()
            && EXEMPT_MUTANTS.len() <= MOST_EXEMPT
            && EXEMPT_SCENARIOS.len() <= MOST_EXEMPT
    }

    /// Returns the results as text.
    #[must_use]
    pub fn to_text(&self, mutants: &[Mutant]) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        for (name, what) in mutants {
            let kills = self.by_mutant.get(name).map(Vec::as_slice).unwrap_or_default();
            let ids: Vec<&str> = kills.iter().map(|(id, _)| *id).collect();
            let by = if ids.is_empty() { "SURVIVES".to_owned() } else { ids.join(" ") };
            let _ = writeln!(out, "{name:<34} {by}\n    {what}");
        }
        for (title, list) in [
            ("fails without a mutant", &self.unsound),
            ("false claim", &self.false_claims),
            ("needless exemption", &self.needless),
        ] {
            for item in list {
                let _ = writeln!(out, "{title}: {item}");
            }
        }
        for id in &self.idle {
            let _ = writeln!(out, "finds NOTHING: {id}");
        }
        let _ = writeln!(
            out,
            "\n{} mutants, {} found, {} exempt; {} scenarios find none, {} exempt",
            mutants.len(),
            mutants.len() - self.survivors.len() - EXEMPT_MUTANTS.len(),
            EXEMPT_MUTANTS.len(),
            self.idle.len(),
            EXEMPT_SCENARIOS.len()
        );
        out
    }

    /// Returns the scenarios of each mutant as JSON.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let mutants = self.by_mutant.iter().map(|(name, kills)| {
            let kills = kills.iter().map(|(id, label)| (*id, Json::from(label.as_str())));
            (name.clone(), Json::object(kills))
        });
        Json::object(mutants)
    }

    /// Returns the page `docs/kills.md`.
    #[must_use]
    pub fn to_markdown(&self, mutants: &[Mutant]) -> String {
        let mut out = String::from(
            "# Which scenario finds which bug\n\nThis page is written by `cargo xtask self-test --full`. Each row is a deliberate bug in \
             this project's client, with the scenarios that\nfail because of it.\n\n| bug | what it breaks | scenarios |\n|---|---|---|\n",
        );
        for (name, what) in mutants {
            let kills = self.by_mutant.get(name).map(Vec::as_slice).unwrap_or_default();
            let ids: Vec<&str> = kills.iter().map(|(id, _)| *id).collect();
            let exempt = EXEMPT_MUTANTS.iter().find(|(known, _)| known == name);
            let by = match exempt {
                Some((_, reason)) => format!("none: {reason}"),
                None => ids.join(", "),
            };
            let _ = writeln!(out, "| `{name}` | {what} | {by} |");
        }
        if !EXEMPT_SCENARIOS.is_empty() {
            out.push_str("\nThese scenarios find no bug of the list:\n\n");
            for (id, reason) in EXEMPT_SCENARIOS {
                let _ = writeln!(out, "* {id}: {reason}");
            }
        }
        out
    }
}

/// The mutants and scenarios of a test.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// True if every scenario is run with every mutant. Otherwise each scenario is run with the mutants that it claims to find.
    pub is_full: bool,
    /// The only mutants to try, if there are any.
    pub mutants: Vec<String>,
    /// The only groups of scenarios to run, if there are any.
    pub groups: Vec<String>,
    /// Number of scenarios that run at once.
    pub jobs: usize,
}

/// The time after which a scenario with a mutant gives up waiting. Most mutants make a scenario wait in vain.
const SHORT_PATIENCE: Duration = Duration::from_secs(4);

/// Runs every selected scenario without a mutant, and then with mutants.
///
/// # Errors
/// A message if the adapter cannot be started.
pub fn kills(command: &AdapterCommand, selection: &Selection) -> Result<Kills, String> {
    let takes =
        |list: &[String], name: &str| list.is_empty() || list.iter().any(|each| each == name);
    let mut mutants = mutants();
    mutants.retain(|(name, _)| takes(&selection.mutants, name));
    let subject = Subject::discover(command.clone())?;
    let all: Vec<&'static Scenario> = scenarios::all()
        .filter(|each| selection.is_full || !each.slow)
        .filter(|each| takes(&selection.groups, each.group()))
        .collect();
    let mut work: Vec<(&'static Scenario, Option<&str>)> =
        all.iter().map(|scenario| (*scenario, None)).collect();
    let mut failures = run(&work, &subject, selection.jobs);
    shorten_patience(SHORT_PATIENCE);
    let mut mutated = Vec::new();
    for (name, _) in &mutants {
        let claims = |scenario: &&&'static Scenario| {
            selection.is_full || scenario.bites.contains(&name.as_str())
        };
        mutated.extend(all.iter().filter(claims).map(|scenario| (*scenario, Some(name.as_str()))));
    }
    failures.extend(run(&mutated, &subject, selection.jobs));
    work.extend(mutated);

    let mut kills = Kills::default();
    for ((scenario, mutant), label) in work.iter().zip(failures) {
        match (mutant, label) {
            (None, Some(label)) => kills.unsound.push(format!("{} at {label}", scenario.id)),
            (Some(mutant), Some(label)) => {
                kills.by_mutant.entry((*mutant).to_owned()).or_default().push((scenario.id, label));
            }
            (Some(mutant), None) if scenario.bites.contains(mutant) => {
                kills.false_claims.push(format!("{} does not find {mutant}", scenario.id));
            }
            (None | Some(_), None) => {}
        }
    }
    let is_exempt =
        |list: &[(&str, &str)], name: &str| list.iter().any(|(known, _)| *known == name);
    for (name, _) in &mutants {
        match (kills.by_mutant.contains_key(name), is_exempt(EXEMPT_MUTANTS, name)) {
            (false, false) => kills.survivors.push(name.clone()),
            (true, true) => kills.needless.push(name.clone()),
            (true, false) | (false, true) => {}
        }
    }
    for scenario in &all {
        let finds = kills.by_mutant.values().flatten().any(|(id, _)| *id == scenario.id);
        match (finds, is_exempt(EXEMPT_SCENARIOS, scenario.id)) {
            (false, false) => kills.idle.push(scenario.id),
            (true, true) => kills.needless.push(scenario.id.to_owned()),
            (true, false) | (false, true) => {}
        }
    }
    Ok(kills)
}

/// Runs scenarios, several at a time, and returns the label of each failure in the same order.
fn run(
    work: &[(&'static Scenario, Option<&str>)],
    subject: &Subject,
    jobs: usize,
) -> Vec<Option<String>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(vec![None; work.len()]);
    thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some((scenario, mutant)) = work.get(index) else { return };
                    let mut subject = subject.clone();
                    if let Some(mutant) = mutant {
                        subject.command = subject.command.with_variable(SWITCH, mutant);
                    }
                    let result = run_one(scenario, &subject, Delays::Scaled);
                    let ScenarioOutcome::Failed(failure) = result.outcome else { continue };
                    let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(place) = results.get_mut(index) {
                        *place = Some(failure.label);
                    }
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner)
}
