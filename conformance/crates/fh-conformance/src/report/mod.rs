//! The report of a run of cases or scenarios, for people and programs. `vectors`, `sdk` and `server` share it.

mod evidence;
mod json;
mod junit;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::case::Profile;
use crate::json::Json;

pub use evidence::{shortened, timeline_lines, timeline_text};
pub use json::to_json;
pub use junit::to_junit;
pub use table::to_table;

/// The results of one run.
#[derive(Debug, Default)]
pub struct Report {
    /// The subject of the run.
    pub subject: ReportSubject,
    /// The digest of the data, if the run used data.
    pub digest: Option<String>,
    /// The profiles in which cases ran.
    pub profiles: Vec<Profile>,
    /// The filters of the run as command line options. A run with filters is partial.
    pub filters: Vec<String>,
    /// The results, in the order of the cases or scenarios.
    pub rows: Vec<Row>,
}

/// The evaluator, the SDK or the server of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportSubject {
    /// The name.
    pub name: String,
    /// The version.
    pub version: String,
    /// The language runtime, if it is known.
    pub runtime: String,
    /// The capabilities that the subject lacks, with the reasons.
    pub cannot: BTreeMap<String, String>,
}

/// The result of one case in one profile, or of one scenario.
#[derive(Debug)]
pub struct Row {
    /// The id of the case or scenario.
    pub id: String,
    /// The revision of a case.
    pub rev: Option<i64>,
    /// A title, or the text of the scenario.
    pub title: String,
    /// The group.
    pub group: String,
    /// The profile of a case.
    pub profile: Option<Profile>,
    /// The tier, 0 to 3 (conformance 2.6).
    pub tier: i64,
    /// The outcome.
    pub outcome: RowOutcome,
    /// The time that it took.
    pub took: Duration,
    /// The commands that reproduce a failure.
    pub reproduce: Vec<String>,
    /// What happened before a failure, line by line.
    pub evidence: Vec<String>,
}

/// The outcome of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum RowOutcome {
    /// All checks passed.
    Passed,
    /// A check failed.
    Failed(FailedCheck),
    /// A check failed as the baseline says.
    Known {
        /// The failed check.
        check: FailedCheck,
        /// The reason that the baseline gives.
        reason: String,
    },
    /// All checks passed although the baseline lists a failure.
    UnexpectedPass {
        /// The label in the baseline's entry.
        label: String,
        /// The reason that the baseline gives.
        reason: String,
    },
    /// The row did not run.
    Skipped(SkippedRow),
}

/// A failed check.
#[derive(Debug, Clone, PartialEq)]
pub struct FailedCheck {
    /// The short name of the check, by which baselines know the failure.
    pub label: String,
    /// A sentence that says what differs. It may be the label.
    pub message: String,
    /// The expected value or behaviour.
    pub expected: Json,
    /// The observed value or behaviour.
    pub actual: Json,
}

/// The reason for which a row did not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedRow {
    /// The kind of the reason.
    pub kind: SkipKind,
    /// The reason: the name of a capability or of a setting, or a text.
    pub reason: String,
}

/// The kind of reason for which a row did not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipKind {
    /// The subject lacks a capability.
    Capability,
    /// The subject cannot set a setting.
    Unconfigurable,
    /// The runner cannot observe something on this system.
    System,
    /// The target lacks something that the scenario needs.
    Target,
    /// The scenario is never executed.
    NotExecuted,
}

impl SkipKind {
    /// Returns the name that reports print.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Capability => "capability",
            Self::Unconfigurable => "unconfigurable",
            Self::System => "system",
            Self::Target => "target",
            Self::NotExecuted => "not executed",
        }
    }
}

impl RowOutcome {
    /// Returns the name that reports print.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Passed => "pass",
            Self::Failed(_) => "fail",
            Self::Known { .. } => "known",
            Self::UnexpectedPass { .. } => "unexpected pass",
            Self::Skipped(_) => "skip",
        }
    }
}

/// The numbers of rows by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Number of rows.
    pub selected: usize,
    /// Number of rows that passed.
    pub pass: usize,
    /// Number of rows that failed, unexpected passes included.
    pub fail: usize,
    /// Number of rows that failed as the baseline says.
    pub known: usize,
    /// Number of rows that did not run.
    pub skip: usize,
}

impl Counts {
    fn add(&mut self, outcome: &RowOutcome) {
        self.selected += 1;
        match outcome {
            RowOutcome::Passed => self.pass += 1,
            RowOutcome::Failed(_) | RowOutcome::UnexpectedPass { .. } => self.fail += 1,
            RowOutcome::Known { .. } => self.known += 1,
            RowOutcome::Skipped(_) => self.skip += 1,
        }
    }

    /// Counts rows.
    pub fn of<'r>(rows: impl Iterator<Item = &'r Row>) -> Self {
        let mut counts = Self::default();
        for row in rows {
            counts.add(&row.outcome);
        }
        counts
    }
}

/// The name and the profile of a group, and its rows.
pub type RowsOfGroup<'r> = ((&'r str, Option<Profile>), Vec<&'r Row>);

impl Report {
    /// Returns the counts of the whole run.
    #[must_use]
    pub fn total(&self) -> Counts {
        Counts::of(self.rows.iter())
    }

    /// Returns the groups in order of their first row, with their rows.
    #[must_use]
    pub fn groups(&self) -> Vec<RowsOfGroup<'_>> {
        let mut groups: Vec<RowsOfGroup<'_>> = Vec::new();
        for row in &self.rows {
            let key = (row.group.as_str(), row.profile);
            match groups.iter_mut().find(|(known, _)| *known == key) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((key, vec![row])),
            }
        }
        groups
    }

    /// Returns the groups of which nothing ran. They must not look like a success. A group of scenarios is not listed if the subject
    /// declares that it lacks what each of them requires or sets.
    #[must_use]
    pub fn silent_groups(&self) -> Vec<String> {
        let is_declared = |kind| {
            matches!(kind, SkipKind::Capability | SkipKind::Unconfigurable | SkipKind::NotExecuted)
        };
        let is_silent = |row: &&Row| match &row.outcome {
            RowOutcome::Skipped(skip) => row.profile.is_some() || !is_declared(skip.kind),
            _ => false,
        };
        let groups = self.groups().into_iter();
        let silent = groups.filter(|(_, rows)| {
            let all = rows.iter().all(|row| matches!(row.outcome, RowOutcome::Skipped(_)));
            all && rows.iter().any(is_silent)
        });
        silent.map(|(key, _)| group_name(key)).collect()
    }

    /// Returns the ids of the scenarios that failed, unexpected passes included.
    #[must_use]
    pub fn failed_scenarios(&self) -> BTreeSet<&str> {
        let failed = |row: &&Row| {
            let outcome = &row.outcome;
            row.profile.is_none()
                && matches!(outcome, RowOutcome::Failed(_) | RowOutcome::UnexpectedPass { .. })
        };
        self.rows.iter().filter(failed).map(|row| row.id.as_str()).collect()
    }

    /// Returns true if a filter by group or id was given. A selection of one profile does not count.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.filters.is_empty()
    }
}

fn group_name((group, profile): (&str, Option<Profile>)) -> String {
    match profile {
        Some(profile) => format!("{group} ({profile})"),
        None => group.to_owned(),
    }
}
