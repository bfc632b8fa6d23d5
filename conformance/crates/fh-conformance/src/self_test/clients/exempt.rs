//! The mutants that no scenario finds, and the scenarios that find no mutant.

/// Maximum number of exempt mutants, and of scenarios that find no mutant.
#[cfg(test)]
const MOST_EXEMPT: usize = 13;

/// Mutants that no scenario finds, because of one reason.
#[derive(Debug, Clone, Copy)]
pub struct ExemptMutants {
    /// The names.
    pub names: &'static [&'static str],
    /// The reason why no scenario finds the mutants.
    pub reason: &'static str,
    /// The file and the function of the test that finds them.
    pub found_by: (&'static str, &'static str),
}

/// The simulation of the session, which finds all mutants of the session.
const SIMULATION: (&str, &str) =
    ("fh-client/session/tests/simulation/mutants.rs", "every_mutant_is_found");

/// The mutants that no scenario finds. Most of them are mutants of the session: its simulation also tests what an Edge does not do, and what
/// the client's other parts make good.
pub const EXEMPT_MUTANTS: &[ExemptMutants] = &[
    ExemptMutants {
        names: &["OutcomesComeTooEarly", "ReplacedContextsSucceed"],
        reason: "an adapter answers one command before it gets the next, so no two callers wait at once",
        found_by: SIMULATION,
    },
    ExemptMutants {
        names: &[
            "ContextLeavesStreamOpen",
            "EndLeavesRequest",
            "ReadsAlwaysRequest",
            "RequestIdsIgnored",
        ],
        reason: "the driver of the client ends each former request and reports reads only when they matter",
        found_by: SIMULATION,
    },
    ExemptMutants {
        names: &["StoresOutliveEnd", "StoresOverrule", "StoresRemove"],
        reason: "a store is read once, before the first request",
        found_by: SIMULATION,
    },
    ExemptMutants {
        names: &["MaxAgeUnbounded"],
        reason: "it shows only after a day",
        found_by: SIMULATION,
    },
    ExemptMutants {
        names: &["OlderVersionsTakenTooSoon"],
        reason: "no scenario has three lists in a row with an older version",
        found_by: SIMULATION,
    },
    ExemptMutants {
        names: &["BackoffResetByPollInGap", "NoPollInLongGap"],
        reason: "they show only in delays over 5 s, which are longer than those of the scenarios",
        found_by: SIMULATION,
    },
];

/// The scenarios that find no mutant, each with the reason.
pub const EXEMPT_SCENARIOS: &[(&str, &str)] = &[
    (
        "P-017",
        "this project's client does not send Last-Event-ID (D-66), so the scenario must fail, and `sdk` counts it as a skip",
    ),
    (
        "C-CLOSE-006",
        "this project's adapter in Rust does not fork; the Python adapter runs the scenario, and `cargo xtask prove \"python conformance, all\"` plants bugs in it",
    ),
    (
        "F-013",
        "no mutant exceeds its bound, which is that of two requests a second; C-STREAM-009 finds mutants of `bye`",
    ),
    ("F-017", END_OF_FAULT),
    ("F-018", END_OF_FAULT),
    ("F-019", END_OF_FAULT),
    (
        "F-021",
        "a client that takes a login page for a refusal is back within the bound; P-029 finds that mutant",
    ),
];

const END_OF_FAULT: &str = "the end of the fault ends the request, so a client without time limits recovers, too; \
                            C-POLL-025 and C-POLL-026 find the mutants of the limits";

/// Returns true if no scenario has to find the mutant.
pub(super) fn is_exempt_mutant(name: &str) -> bool {
    exemption(name).is_some()
}

/// Returns the exemption of a mutant.
pub(super) fn exemption(name: &str) -> Option<&'static ExemptMutants> {
    EXEMPT_MUTANTS.iter().find(|exempt| exempt.names.contains(&name))
}

/// Returns true if the scenario has to find no mutant.
pub(super) fn is_exempt_scenario(id: &str) -> bool {
    EXEMPT_SCENARIOS.iter().any(|(exempt, _)| *exempt == id)
}

/// An ordinary build has no mutants, so these tests read their names from the tables.
#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::sdk::scenarios;

    /// The folders of the crates with mutants of the client.
    const CRATES: [&str; 3] = ["fh-client/session", "fh-client/repository", "fh-client"];
    /// Maximum number of mutants that a scenario claims, so that trying the claims takes little time.
    const MOST_CLAIMS: usize = 4;

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..")
    }

    /// Returns the name of each mutant of the tables.
    fn mutants() -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        for member in CRATES {
            for table in fs::read_dir(root().join(member).join("mutants")).unwrap() {
                let text = fs::read_to_string(table.unwrap().path()).unwrap();
                let name = |line: &str| {
                    Some(line.strip_prefix("name = \"")?.strip_suffix('"')?.to_owned())
                };
                // The scenarios have an Edge. The simulation of the session finds the mutants of further systems.
                let names_of = text.lines().filter_map(name);
                names.extend(names_of.filter(|name| {
                    !["FeatBit", "FeatureSignals"].iter().any(|system| name.starts_with(system))
                }));
            }
        }
        assert!(names.len() > 100, "{names:?}");
        names
    }

    #[test]
    fn claims_name_mutants() {
        let mutants = mutants();
        for scenario in scenarios::all() {
            for claim in scenario.bites {
                assert!(mutants.contains(*claim), "{}: there is no mutant {claim}", scenario.id);
            }
        }
    }

    #[test]
    fn each_scenario_claims_a_mutant_or_is_exempt() {
        for scenario in scenarios::all() {
            let (id, claims) = (scenario.id, scenario.bites.len());
            assert_eq!(claims == 0, is_exempt_scenario(id), "{id} claims {claims} mutants");
            assert!(claims <= MOST_CLAIMS, "{id} claims {claims} mutants");
        }
        for (id, _) in EXEMPT_SCENARIOS {
            assert!(scenarios::named(id).is_some(), "there is no scenario {id}");
        }
        assert!(EXEMPT_SCENARIOS.len() <= MOST_EXEMPT);
    }

    #[test]
    fn each_mutant_is_claimed_or_exempt() {
        let mut claims: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for scenario in scenarios::all() {
            for claim in scenario.bites {
                claims.entry(claim).or_default().push(scenario.id);
            }
        }
        let mutants = mutants();
        for name in &mutants {
            let by = claims.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
            assert_eq!(by.is_empty(), is_exempt_mutant(name), "{name} is claimed by {by:?}");
        }
        for exempt in EXEMPT_MUTANTS {
            for name in exempt.names {
                assert!(mutants.contains(*name), "there is no mutant {name}");
            }
            let (file, test) = exempt.found_by;
            let source = fs::read_to_string(root().join(file)).unwrap();
            assert!(source.contains(&format!("fn {test}(")), "{file} has no test {test}");
        }
        let exempt: usize = EXEMPT_MUTANTS.iter().map(|exempt| exempt.names.len()).sum();
        assert!(exempt <= MOST_EXEMPT, "{exempt} mutants are exempt");
    }
}
