//! The seconds that each part may take on two cores. A part that takes half as long again says so.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use serde::Deserialize;

use crate::part::{Part, Stage};
use crate::shell::root;

const FILE: &str = "xtask/budgets.toml";

/// The budget of a part in seconds.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// The step that builds, from nothing.
    #[serde(default)]
    pub(crate) build: f64,
    /// The step that runs what was built.
    #[serde(default)]
    pub(crate) run: f64,
}

/// The budgets of all parts by their names.
#[derive(Debug)]
pub(crate) struct Budgets(BTreeMap<String, Budget>);

impl Budgets {
    pub(crate) fn read() -> Result<Self, String> {
        let text = fs::read_to_string(root().join(FILE)).map_err(|why| format!("{FILE}: {why}"))?;
        toml::from_str(&text).map(Self).map_err(|why| format!("{FILE}: {why}"))
    }

    /// Returns the budget of a step in seconds; 0 for one without a budget.
    pub(crate) fn of(&self, part: &Part, stage: Stage) -> f64 {
        let budget = self.0.get(part.name).copied().unwrap_or_default();
        match stage {
            Stage::Prepare => 0.0,
            Stage::Build => budget.build,
            Stage::Run => budget.run,
        }
    }

    /// Returns the time after which a program of the part hangs: it is ended, so that the run ends.
    pub(crate) fn limit(&self, part: &Part) -> Duration {
        let budget = self.of(part, Stage::Build) + self.of(part, Stage::Run);
        Duration::from_secs_f64((6.0 * budget).clamp(600.0, 3_600.0))
    }

    /// Says by how much a step exceeds its budget, if it does so by more than half.
    pub(crate) fn excess(&self, part: &Part, stage: Stage, seconds: f64) -> Option<String> {
        let budget = self.of(part, stage);
        (budget > 0.0 && seconds > 1.5 * budget)
            .then(|| format!("took {seconds:.0} s, with a budget of {budget:.0} s ({FILE})"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{deep, fast};

    #[test]
    fn each_step_has_a_budget_and_each_budget_has_a_part() {
        let budgets = Budgets::read().unwrap();
        let parts: Vec<Part> = fast::parts().into_iter().chain(deep::parts()).collect();
        for part in &parts {
            for stage in [Stage::Build, Stage::Run] {
                let has_budget = budgets.of(part, stage) > 0.0;
                assert_eq!(has_budget, part.step(stage).is_some(), "{}: {stage:?}", part.name);
            }
        }
        let names: BTreeSet<&str> = parts.iter().map(|part| part.name).collect();
        assert_eq!(names.len(), parts.len(), "two parts have the same name");
        assert_eq!(budgets.0.keys().map(String::as_str).collect::<BTreeSet<_>>(), names);
    }

    #[test]
    fn only_half_of_a_budget_more_is_an_excess() {
        let budget = Budget { build: 0.0, run: 10.0 };
        let budgets = Budgets(BTreeMap::from([("tests".to_string(), budget)]));
        let part = Part::new("tests");
        assert_eq!(budgets.excess(&part, Stage::Run, 15.0), None);
        assert!(budgets.excess(&part, Stage::Run, 16.0).unwrap().contains("10 s"));
        assert_eq!(budgets.excess(&part, Stage::Build, 1000.0), None);
    }
}
