//! Recordings: the outcome of one run of all cases and scenarios against one version of an SDK, without times, so that every difference
//! between two recordings is a change of the SDK or of the suite.
//!
//! A recording holds one outcome for each scenario. The cases are many, so it holds the counts of each group, and the cases that do not pass.
//! It is the baseline of the next run as well: a failure with a reason is known.

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

pub use difference::Coverage;
pub use measured::{RecordedFault, STORM};
pub use of_run::RecordedRun;

/// The outcome of one run of all cases and scenarios.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recording {
    /// The day of the run, such as `2026-11-21`.
    pub recorded: String,
    /// The version of the suite.
    pub suite: String,
    /// The SDK.
    pub sdk: Sdk,
    /// The tier, and what prevents the next one.
    pub tier: RecordedTier,
    /// The capabilities that the SDK lacks, each with the reason.
    pub cannot: BTreeMap<String, String>,
    /// The cases by group and profile, sorted.
    pub groups: Vec<RecordedGroup>,
    /// The scenarios by id.
    pub scenarios: BTreeMap<String, RecordedOutcome>,
    /// The known failures of cases and scenarios, by label and reason, sorted.
    pub known: Vec<KnownFailure>,
    /// The failures without a reason, sorted.
    pub failed: Vec<RecordedFailure>,
    /// The measurements of the scenarios of faults, by id.
    pub faults: BTreeMap<String, RecordedFault>,
}

/// The tier that an SDK reached, and what prevents the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedTier {
    /// The highest tier that was reached; null if none was.
    pub reached: Option<i64>,
    /// The ids of scenarios, groups of cases with the number of failures, and missing capabilities that prevent the next tier.
    pub blocked_by: BTreeSet<String>,
}

/// The number of cases of one group in one profile, by outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordedGroup {
    /// The name of the group.
    pub group: String,
    /// The name of the profile.
    pub profile: String,
    /// Number of cases.
    pub cases: usize,
    /// Number of cases that passed.
    pub pass: usize,
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

/// The outcome of a scenario.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedOutcome {
    /// All checks passed.
    Pass,
    /// A check failed as the baseline says.
    Known,
    /// The baseline says that a check fails sometimes.
    Sometimes,
    /// A check failed.
    Failed,
    /// The scenario did not run.
    Skipped {
        /// The kind of the reason, such as `capability`.
        why: String,
        /// The name of the capability or of the setting, or a text.
        what: String,
    },
}

/// A failure without a reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordedFailure {
    /// The id of the case or scenario.
    pub id: String,
    /// The label of the check that failed.
    pub at: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl Recording {
    /// Returns the known failures as the baseline of the next run.
    #[must_use]
    pub fn baseline(&self) -> Baseline {
        Baseline {
            schema: None,
            format: 1,
            subject: self.sdk.name.clone(),
            version: self.sdk.version.clone(),
            cannot: self.cannot.keys().cloned().collect(),
            known: self.known.clone(),
        }
    }

    /// Returns the name and the version of the SDK.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.sdk.name, self.sdk.version)
    }

    /// Returns the known failure of a case or a scenario.
    #[must_use]
    pub fn known_failure(&self, id: &str) -> Option<&KnownFailure> {
        self.known.iter().find(|entry| entry.ids.contains(id))
    }

    /// Returns the ids of the cases and scenarios that do not always pass.
    pub fn failing_ids(&self) -> impl Iterator<Item = &str> {
        let known = self.known.iter().flat_map(|entry| &entry.ids).map(String::as_str);
        known.chain(self.failed.iter().map(|failure| failure.id.as_str()))
    }

    /// Returns the counts of a group in a profile, if it ran.
    #[must_use]
    pub fn group(&self, group: &str, profile: Profile) -> Option<&RecordedGroup> {
        self.groups.iter().find(|each| each.group == group && each.profile == profile.name())
    }
}

impl RecordedOutcome {
    /// Returns the name that pages and messages print.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Known => "known",
            Self::Sometimes => "sometimes",
            Self::Failed => "failed",
            Self::Skipped { .. } => "skipped",
        }
    }
}
