//! The results of the test: which scenario finds which mutant.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::exempt::{EXEMPT_SCENARIOS, exemption, is_exempt_mutant, is_exempt_scenario};
use super::{Extent, Mutant, Trial, Tried};
use crate::json::Json;
use crate::sdk::Scenario;

/// The results of the test.
#[derive(Debug, Default)]
pub struct Kills {
    /// Number of trials of a scenario with a mutant.
    pub trials: usize,
    /// The scenarios that failed with each mutant, with the labels of the failed checks.
    pub by_mutant: BTreeMap<String, Vec<(&'static str, String)>>,
    /// Claims of scenarios to find a mutant that they do not find.
    pub false_claims: Vec<String>,
    /// Scenarios that fail without a mutant.
    pub unsound: Vec<String>,
    /// Scenarios that find a mutant although they did not ask its switch without it. The record of the switches was incomplete, so trials are
    /// missing.
    pub unrecorded: Vec<String>,
    /// Exemptions that are not needed.
    pub needless: Vec<String>,
    /// Mutants that no scenario found.
    pub survivors: Vec<String>,
    /// Scenarios that found no mutant.
    pub idle: Vec<&'static str>,
    /// The trials that took the longest times, with these times.
    pub longest: Vec<(String, Duration)>,
}

/// Number of trials whose times are shown.
const LONGEST: usize = 5;

impl Kills {
    /// Returns the results of trials.
    pub(super) fn of<'a>(
        trials: impl Iterator<Item = (&'a Trial<'a>, Tried)>,
        mutants: &[Mutant],
        scenarios: &[&'static Scenario],
    ) -> Self {
        let mut kills = Self::default();
        for (trial, tried) in trials {
            kills.trials += usize::from(trial.mutant.is_some());
            let Trial { scenario, mutant, asks } = trial;
            let name = mutant.map_or_else(String::new, |mutant| format!(" with {mutant}"));
            kills.longest.push((format!("{}{name}", scenario.id), tried.took));
            match (mutant, tried.label) {
                (None, Some(label)) => kills.unsound.push(format!("{} at {label}", scenario.id)),
                (Some(mutant), Some(label)) => {
                    if *asks == Some(false) {
                        kills.unrecorded.push(format!("{} with {mutant}", scenario.id));
                    }
                    let of_mutant = kills.by_mutant.entry((*mutant).to_owned()).or_default();
                    of_mutant.push((scenario.id, label));
                }
                (Some(mutant), None) if scenario.bites.contains(mutant) => {
                    kills.false_claims.push(format!("{} does not find {mutant}", scenario.id));
                }
                (None | Some(_), None) => {}
            }
        }
        for (name, _) in mutants {
            match (kills.by_mutant.contains_key(name), is_exempt_mutant(name)) {
                (false, false) => kills.survivors.push(name.clone()),
                (true, true) => kills.needless.push(name.clone()),
                (true, false) | (false, true) => {}
            }
        }
        for scenario in scenarios {
            let finds = kills.by_mutant.values().flatten().any(|(id, _)| *id == scenario.id);
            match (finds, is_exempt_scenario(scenario.id)) {
                (false, false) => kills.idle.push(scenario.id),
                (true, true) => kills.needless.push(scenario.id.to_owned()),
                (true, false) | (false, true) => {}
            }
        }
        kills.longest.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
        kills.longest.truncate(LONGEST);
        kills
    }

    /// Returns true if every mutant and every scenario without an exemption has a partner.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.false_claims.is_empty()
            && self.unsound.is_empty()
            && self.unrecorded.is_empty()
            && self.needless.is_empty()
            && self.survivors.is_empty()
            && self.idle.is_empty()
    }

    /// Returns the results as text.
    #[must_use]
    pub fn to_text(&self, mutants: &[Mutant]) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        for (name, what) in mutants {
            let by = match self.scenarios_of(name) {
                ids if !ids.is_empty() => ids.join(" "),
                _ if is_exempt_mutant(name) => "exempt".to_owned(),
                _ => "SURVIVES".to_owned(),
            };
            let _ = writeln!(out, "{name:<34} {by}\n    {what}");
        }
        for (title, list) in [
            ("fails without a mutant", &self.unsound),
            ("false claim", &self.false_claims),
            ("found, but its switch is not asked without it", &self.unrecorded),
            ("needless exemption", &self.needless),
        ] {
            for item in list {
                let _ = writeln!(out, "{title}: {item}");
            }
        }
        for id in &self.idle {
            let _ = writeln!(out, "finds NOTHING: {id}");
        }
        let longest: Vec<String> = self
            .longest
            .iter()
            .map(|(trial, took)| format!("{trial} {:.1} s", took.as_secs_f64()))
            .collect();
        let _ = writeln!(out, "longest: {}", longest.join(", "));
        let _ = writeln!(
            out,
            "\n{} trials, {} mutants, {} found, {} exempt; {} scenarios find none, {} exempt",
            self.trials,
            mutants.len(),
            self.by_mutant.len(),
            mutants.iter().filter(|(name, _)| is_exempt_mutant(name)).count(),
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

    /// Returns the page that `cargo xtask self-test --full` writes.
    #[must_use]
    pub fn to_markdown(&self, mutants: &[Mutant], extent: Extent) -> String {
        let tried = match extent {
            Extent::Claims => CLAIMS,
            Extent::Everything => EVERYTHING,
        };
        let mut out = format!("{INTRODUCTION}{tried}{HEAD}");
        let mut mutants: Vec<&Mutant> = mutants.iter().collect();
        mutants.sort();
        for (name, what) in mutants {
            let by = match exemption(name) {
                Some(exempt) => {
                    let (file, test) = exempt.found_by;
                    format!("none, because {}; the test `{test}` in `{file}` fails", exempt.reason)
                }
                None => self.scenarios_of(name).join(" "),
            };
            let _ = writeln!(out, "| `{name}` | {what} | {by} |");
        }
        if !EXEMPT_SCENARIOS.is_empty() {
            out.push_str("\nThese scenarios find no mutant:\n\n");
            for (id, reason) in EXEMPT_SCENARIOS {
                let _ = writeln!(out, "- {id}: {reason}");
            }
        }
        out
    }

    /// Returns the ids of the scenarios that found a mutant, in order.
    fn scenarios_of(&self, mutant: &str) -> Vec<&'static str> {
        let kills = self.by_mutant.get(mutant).map(Vec::as_slice).unwrap_or_default();
        let mut ids: Vec<&str> = kills.iter().map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids
    }
}

const INTRODUCTION: &str = "\
# Which scenario finds which mutant

A mutant is a deliberate bug of this project's client. Each row names scenarios of `fh-conformance sdk list` that fail because of it.
";

const CLAIMS: &str = "\
Each scenario was tried with the mutants that it claims to find, so further scenarios may find them, too. `cargo xtask self-test --full` tries each fast scenario with
each mutant.
";

const EVERYTHING: &str = "\
`cargo xtask self-test --full` ran each scenario without a mutant three times and recorded which places of the client it reaches. Then it tried each scenario that
takes at most five seconds with each mutant that changes a place which the scenario reaches. A mutant elsewhere cannot change what the scenario sees. The other
scenarios were tried with the mutants that they claim to find.
";

const HEAD: &str = "
| mutant | what it breaks | scenarios that fail |
|---|---|---|
";
