//! The switches of mutants that a scenario asks.
//!
//! In the build with mutants, each changed place of the client asks the switch of its mutant. The variable `FH_MUTANTS_ASKED` names a file to
//! which the adapter's process adds the name of each mutant whose switch it asks. A process with a mutant behaves like one without it until it
//! asks the switch. So a scenario that runs without asking the switch of a mutant cannot find the mutant, and need not be tried with it.
//!
//! The order of threads differs from run to run, so the switches of [`RUNS`] runs count together.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

/// The number of runs of each scenario without a mutant in which its switches are recorded.
pub(super) const RUNS: usize = 3;

/// The variable that names the file of the asked switches.
pub(super) const VARIABLE: &str = "FH_MUTANTS_ASKED";

/// The recorded switches of scenarios. They are deleted when this value is dropped.
#[derive(Debug)]
pub(super) struct Asked {
    folder: TempDir,
}

impl Asked {
    pub(super) fn new() -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| format!("a folder: {error}"))?;
        Ok(Self { folder })
    }

    /// Returns the file to which each run of the scenario adds its switches.
    pub(super) fn file(&self, scenario: &str) -> PathBuf {
        self.folder.path().join(scenario)
    }

    /// Returns the mutants whose switches each of these scenarios asked.
    ///
    /// # Errors
    /// A message if a scenario asked no switch. Every client asks some, so the record is incomplete.
    pub(super) fn read<'a>(
        &self,
        scenarios: impl Iterator<Item = &'a str>,
    ) -> Result<Switches, String> {
        let mut switches = Switches::default();
        for scenario in scenarios {
            let text = fs::read_to_string(self.file(scenario)).unwrap_or_default();
            let of_scenario: BTreeSet<String> = text.lines().map(str::to_owned).collect();
            if of_scenario.is_empty() {
                return Err(format!(
                    "{scenario} asked no switch of a mutant, so {VARIABLE} has no effect"
                ));
            }
            switches.0.insert(scenario.to_owned(), of_scenario);
        }
        Ok(switches)
    }
}

/// The mutants whose switches each scenario asks.
#[derive(Debug, Default)]
pub(super) struct Switches(BTreeMap<String, BTreeSet<String>>);

impl Switches {
    #[cfg(test)]
    pub(super) fn of(scenario: &str, mutants: &[&str]) -> Self {
        let mutants = mutants.iter().map(|mutant| (*mutant).to_owned()).collect();
        Self([(scenario.to_owned(), mutants)].into())
    }

    /// Returns true if the scenario asks the switch of the mutant.
    pub(super) fn has(&self, scenario: &str, mutant: &str) -> bool {
        self.0.get(scenario).is_some_and(|of_scenario| of_scenario.contains(mutant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switches_of_all_runs_count_together() {
        let asked = Asked::new().unwrap();
        fs::write(asked.file("P-001"), "One\nTwo\nOne\nThree\n").unwrap();
        fs::write(asked.file("P-002"), "Two\n").unwrap();
        let switches = asked.read(["P-001", "P-002"].into_iter()).unwrap();
        for name in ["One", "Two", "Three"] {
            assert!(switches.has("P-001", name), "{name}");
            assert_eq!(switches.has("P-002", name), name == "Two", "{name}");
        }
        assert!(!switches.has("P-003", "Two"));
    }

    #[test]
    fn a_scenario_without_switches_is_an_error() {
        let asked = Asked::new().unwrap();
        fs::write(asked.file("P-001"), "One\n").unwrap();
        fs::write(asked.file("P-002"), "").unwrap();
        for without in ["P-002", "P-003"] {
            let why = asked.read(["P-001", without].into_iter()).unwrap_err();
            assert!(why.starts_with(&format!("{without} asked no switch")), "{why}");
        }
    }
}
