//! Recordings: the outcome of one run of all cases and scenarios against one version of an SDK, without times, so that every difference
//! between two recordings is a change of the SDK or of the suite.
//!
//! A recording holds the number of cases of each group and of scenarios, and by its id what did not pass. It is the baseline of the next run
//! as well: a failure with a reason is known.

mod difference;
mod file;
mod measured;
mod of_run;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::baseline::{Baseline, KnownFailure};
use crate::case::Profile;
use crate::protocol::Sdk;
use crate::tier::TierReached;

pub use difference::Coverage;
pub use measured::{RecordedFault, STORM};
pub use of_run::RecordedRun;

/// The outcome of one run of all cases and scenarios. The members are those of the file, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// The path of the schema, for editors.
    #[serde(rename = "$schema")]
    pub schema: String,
    /// The format of the file: 1.
    pub format: u32,
    /// The day of the run, such as `2026-11-21`.
    pub recorded: String,
    /// The version of the suite.
    pub suite: String,
    /// The SDK.
    pub sdk: Sdk,
    /// The tier, and what prevents the next one.
    pub tier: TierReached,
    /// The capabilities that the SDK lacks, each with the reason.
    pub cannot: BTreeMap<String, String>,
    /// The cases by profile and group.
    pub groups: BTreeMap<String, BTreeMap<String, RecordedGroup>>,
    /// The number of scenarios of the suite.
    pub scenarios: usize,
    /// The scenarios that passed. The file does not list them: they are all scenarios of the suite that it does not list.
    #[serde(skip)]
    pub passed: BTreeSet<String>,
    /// The scenarios that did not run, by reason, sorted.
    pub skipped: Vec<Skipped>,
    /// The failures of cases and scenarios by label and reason, sorted. One without a reason is not known.
    pub failures: Vec<KnownFailure>,
    /// The measurements of the scenarios of faults, by id.
    pub faults: BTreeMap<String, RecordedFault>,
}

/// Scenarios that did not run for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The kind of the reason, such as `capability`.
    pub why: String,
    /// The name of the capability or of the setting, or a text.
    pub what: String,
    /// The ids.
    pub ids: BTreeSet<String>,
}

/// The number of cases of one group in one profile, and of those that did not pass, by outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedGroup {
    /// Number of cases.
    pub cases: usize,
    /// Number of cases that failed as the baseline says.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub known: usize,
    /// Number of cases that fail sometimes, as the baseline says.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sometimes: usize,
    /// Number of cases that failed.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed: usize,
    /// Number of cases that did not run, by the missing capability.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub skipped: BTreeMap<String, usize>,
}

impl RecordedGroup {
    /// Returns the number of cases that passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        let skipped: usize = self.skipped.values().sum();
        self.cases.saturating_sub(self.known + self.sometimes + self.failed + skipped)
    }
}

/// The outcome of a case or a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordedOutcome<'r> {
    /// All checks passed.
    Pass,
    /// A check failed as the baseline says.
    Known,
    /// The baseline says that a check fails sometimes.
    Sometimes,
    /// A check failed.
    Failed,
    /// It did not run.
    Skipped(&'r Skipped),
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Recording {
    /// Returns the known failures as the baseline of the next run.
    #[must_use]
    pub fn baseline(&self) -> Baseline {
        let known = self.failures.iter().filter(|failure| !failure.reason.is_empty());
        Baseline {
            schema: None,
            format: self.format,
            subject: self.sdk.name.clone(),
            version: self.sdk.version.clone(),
            cannot: self.cannot.keys().cloned().collect(),
            known: known.cloned().collect(),
        }
    }

    /// Returns the name and the version of the SDK.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.sdk.name, self.sdk.version)
    }

    /// Returns the ids of the scenarios.
    pub fn scenario_ids(&self) -> BTreeSet<&str> {
        let skipped = self.skipped.iter().flat_map(|skipped| &skipped.ids);
        let failing = self.failing().filter(|id| is_scenario(id));
        let others = self.passed.iter().chain(skipped).map(String::as_str);
        others.chain(failing).collect()
    }

    /// Returns the outcome of a scenario, if the recording has it.
    #[must_use]
    pub fn scenario(&self, id: &str) -> Option<RecordedOutcome<'_>> {
        let skipped = self.skipped.iter().find(|skipped| skipped.ids.contains(id));
        let skipped = skipped.map(RecordedOutcome::Skipped);
        let failure = skipped.or_else(|| self.failure(id));
        failure.or_else(|| self.passed.contains(id).then_some(RecordedOutcome::Pass))
    }

    /// Returns the outcome of a case or a scenario that does not always pass. One check of a scenario may fail each time, and another one
    /// sometimes.
    #[must_use]
    pub fn failure(&self, id: &str) -> Option<RecordedOutcome<'_>> {
        let failures = || self.failures.iter().filter(|failure| failure.ids.contains(id));
        let first = failures().next()?;
        Some(match first.reason.is_empty() {
            _ if failures().any(|failure| failure.sometimes) => RecordedOutcome::Sometimes,
            true => RecordedOutcome::Failed,
            false => RecordedOutcome::Known,
        })
    }

    /// Returns the ids of the cases and scenarios that do not always pass.
    fn failing(&self) -> impl Iterator<Item = &str> {
        self.failures.iter().flat_map(|failure| &failure.ids).map(String::as_str)
    }

    /// Returns the counts of a group in a profile, if it ran.
    #[must_use]
    pub fn group(&self, group: &str, profile: Profile) -> Option<&RecordedGroup> {
        self.groups.get(profile.name())?.get(group)
    }
}

/// Returns true for the id of a scenario, which begins with a capital letter, unlike that of a case.
fn is_scenario(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_uppercase())
}
