//! The results of the test of the server scenarios.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{EXEMPT_REWRITES, EXEMPT_SCENARIOS, MOST_EXEMPT, Rewrite, Trial};
use crate::server::scenario::{Failure, Outcome, Scenario};

/// The results of the test.
#[derive(Debug, Default)]
pub struct Kills {
    /// The scenarios that failed with each rewrite, with their failures.
    pub by_rewrite: BTreeMap<&'static str, Vec<(&'static str, String)>>,
    /// Claims that a scenario finds a rewrite that it does not find.
    pub false_claims: Vec<String>,
    /// Scenarios that fail behind the proxy without a rewrite, and those that did not run and are not exempt.
    pub unsound: Vec<String>,
    /// Exemptions that are not needed.
    pub needless: Vec<&'static str>,
    /// Rewrites that no scenario found.
    pub survivors: Vec<&'static str>,
    /// Scenarios that found no rewrite.
    pub idle: Vec<&'static str>,
}

fn is_exempt(list: &[(&str, &str)], name: &str) -> bool {
    list.iter().any(|(known, _)| *known == name)
}

impl Kills {
    pub(super) fn new(
        scenarios: &[&'static Scenario],
        rewrites: &[&'static Rewrite],
        outcomes: impl Iterator<Item = (Trial, Outcome)>,
    ) -> Self {
        let mut kills = Self::default();
        for (Trial { scenario, rewrite, .. }, outcome) in outcomes {
            match (rewrite, outcome) {
                (None, Ok(())) => {}
                // The launcher cannot start the server that the scenario needs.
                (_, Err(Failure::Unable(_))) if is_exempt(EXEMPT_SCENARIOS, scenario.id) => {}
                (None, Err(failure)) => kills.unsound.push(format!("{}: {failure}", scenario.id)),
                (Some(rewrite), Ok(()) | Err(Failure::Unable(_))) => {
                    if rewrite.found_by.contains(&scenario.id) {
                        let claim = format!("{} does not find {}", scenario.id, rewrite.name);
                        kills.false_claims.push(claim);
                    }
                }
                (Some(rewrite), Err(failure)) => {
                    let found = kills.by_rewrite.entry(rewrite.name).or_default();
                    found.push((scenario.id, failure.to_string()));
                }
            }
        }
        for rewrite in rewrites {
            let is_found = kills.by_rewrite.contains_key(rewrite.name);
            match (is_found, is_exempt(EXEMPT_REWRITES, rewrite.name)) {
                (false, false) => kills.survivors.push(rewrite.name),
                (true, true) => kills.needless.push(rewrite.name),
                (true, false) | (false, true) => {}
            }
        }
        for scenario in scenarios {
            let finds = kills.by_rewrite.values().flatten().any(|(id, _)| *id == scenario.id);
            match (finds, is_exempt(EXEMPT_SCENARIOS, scenario.id)) {
                (false, false) => kills.idle.push(scenario.id),
                (true, true) => kills.needless.push(scenario.id),
                (true, false) | (false, true) => {}
            }
        }
        kills
    }

    /// Returns true if every rewrite and every scenario without an exemption has a partner.
    #[must_use]
    pub fn is_proof(&self) -> bool {
        self.false_claims.is_empty()
            && self.unsound.is_empty()
            && self.needless.is_empty()
            && self.survivors.is_empty()
            && self.idle.is_empty()
            && EXEMPT_REWRITES.len() <= MOST_EXEMPT
            && EXEMPT_SCENARIOS.len() <= MOST_EXEMPT
    }

    /// Returns the results as text: for each rewrite the scenarios that found it, and the failures of those that must find it.
    #[must_use]
    pub fn to_text(&self, rewrites: &[&'static Rewrite]) -> String {
        let mut out = String::new();
        // Writing to a `String` cannot fail.
        for rewrite in rewrites {
            let found = self.by_rewrite.get(rewrite.name).map(Vec::as_slice).unwrap_or_default();
            let ids: Vec<&str> = found.iter().map(|(id, _)| *id).collect();
            let by = match ids.as_slice() {
                [] if is_exempt(EXEMPT_REWRITES, rewrite.name) => "exempt".to_owned(),
                [] => "SURVIVES".to_owned(),
                ids => ids.join(" "),
            };
            let _ = writeln!(out, "{:<40} {by}\n    {}", rewrite.name, rewrite.breaks);
            for (id, failure) in found.iter().filter(|(id, _)| rewrite.found_by.contains(id)) {
                let line = failure.lines().next().unwrap_or_default();
                let _ = writeln!(out, "    {id}: {line:.120}");
            }
        }
        for (title, list) in
            [("fails without a rewrite", &self.unsound), ("false claim", &self.false_claims)]
        {
            for item in list {
                let _ = writeln!(out, "{title}: {item}");
            }
        }
        for name in &self.needless {
            let _ = writeln!(out, "needless exemption: {name}");
        }
        for id in &self.idle {
            let _ = writeln!(out, "finds NOTHING: {id}");
        }
        for (name, reason) in EXEMPT_REWRITES.iter().chain(EXEMPT_SCENARIOS) {
            let _ = writeln!(out, "exempt: {name} {reason}");
        }
        let _ = writeln!(
            out,
            "\n{} rewrites, {} found, {} exempt; {} scenarios find none, {} exempt",
            rewrites.len(),
            self.by_rewrite.len(),
            EXEMPT_REWRITES.len(),
            self.idle.len(),
            EXEMPT_SCENARIOS.len()
        );
        out
    }
}
