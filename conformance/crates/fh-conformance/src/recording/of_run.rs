//! The recording of a run.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    RecordedFailure, RecordedFault, RecordedGroup, RecordedOutcome, RecordedTier, Recording,
};
use crate::baseline::{Baseline, KnownFailure, KnownFailures};
use crate::data::version::SUITE_VERSION;
use crate::protocol::Hello;
use crate::report::{Report, Row, RowOutcome};
use crate::sdk::ScenarioResult;
use crate::tier::TierReached;

/// The prefix of the scenarios whose measurements are recorded.
const FAULTS: &str = "F-";

/// A run to record.
#[derive(Debug, Clone, Copy)]
pub struct RecordedRun<'r> {
    /// The answer of the adapter to `hello`.
    pub hello: &'r Hello,
    /// The report, with the baseline applied.
    pub report: &'r Report,
    /// The results of the scenarios.
    pub results: &'r [ScenarioResult],
    /// The baseline of the run.
    pub baseline: Option<&'r Baseline>,
    /// The tier.
    pub tier: &'r TierReached,
    /// The day of the run, such as `2026-11-21`.
    pub day: &'r str,
}

impl Recording {
    /// Records a run.
    #[must_use]
    pub fn of(run: &RecordedRun<'_>) -> Self {
        let sometimes = run.baseline.map(Baseline::sometimes).unwrap_or_default();
        let mut groups: Vec<RecordedGroup> = Vec::new();
        let mut scenarios = BTreeMap::new();
        for ((group, profile), rows) in run.report.groups() {
            match profile {
                Some(profile) => groups.push(counted(group, profile.name(), &rows, &sometimes)),
                None => scenarios
                    .extend(rows.iter().map(|row| (row.id.clone(), outcome(row, &sometimes)))),
            }
        }
        groups
            .sort_by(|one, other| (&one.group, &one.profile).cmp(&(&other.group, &other.profile)));
        let measured = run.results.iter().filter(|result| {
            result.scenario.id.starts_with(FAULTS) && !result.measurements.is_empty()
        });
        Self {
            recorded: run.day.to_owned(),
            suite: SUITE_VERSION.to_owned(),
            sdk: run.hello.sdk.clone(),
            tier: tier(run),
            cannot: run.hello.cannot.clone(),
            groups,
            scenarios,
            known: known(run, &sometimes),
            failed: failed(run.report),
            faults: measured
                .map(|result| {
                    (result.scenario.id.to_owned(), RecordedFault::of(&result.measurements))
                })
                .collect(),
        }
    }

    /// Removes scenarios, so that they are not compared.
    pub fn leave_out(&mut self, scenarios: &BTreeSet<&str>) {
        self.scenarios.retain(|id, _| !scenarios.contains(id.as_str()));
        self.failed.retain(|failure| !scenarios.contains(failure.id.as_str()));
    }

    /// Takes over the largest measurements of an earlier recording of the same version.
    pub fn merge_measurements(&mut self, earlier: &Self) {
        if self.sdk.name != earlier.sdk.name || self.sdk.version != earlier.sdk.version {
            return;
        }
        for (id, fault) in &mut self.faults {
            if let Some(earlier) = earlier.faults.get(id) {
                *fault = fault.merged(*earlier);
            }
        }
    }
}

/// Returns the outcome of a row. Whether a row that fails sometimes has failed in this run is not recorded, because it is chance.
fn outcome(row: &Row, sometimes: &BTreeSet<&str>) -> RecordedOutcome {
    match &row.outcome {
        RowOutcome::Passed | RowOutcome::Known { .. } if sometimes.contains(row.id.as_str()) => {
            RecordedOutcome::Sometimes
        }
        RowOutcome::Passed | RowOutcome::UnexpectedPass { .. } => RecordedOutcome::Pass,
        RowOutcome::Known { .. } => RecordedOutcome::Known,
        RowOutcome::Failed(_) => RecordedOutcome::Failed,
        RowOutcome::Skipped(skip) => {
            RecordedOutcome::Skipped { why: skip.kind.name().to_owned(), what: skip.reason.clone() }
        }
    }
}

fn counted(group: &str, profile: &str, rows: &[&Row], sometimes: &BTreeSet<&str>) -> RecordedGroup {
    let mut counts = RecordedGroup {
        group: group.to_owned(),
        profile: profile.to_owned(),
        cases: rows.len(),
        ..RecordedGroup::default()
    };
    for row in rows {
        match outcome(row, sometimes) {
            RecordedOutcome::Pass => counts.pass += 1,
            RecordedOutcome::Known => counts.known += 1,
            RecordedOutcome::Sometimes => counts.sometimes += 1,
            RecordedOutcome::Failed => counts.failed += 1,
            RecordedOutcome::Skipped { what, .. } => *counts.skipped.entry(what).or_default() += 1,
        }
    }
    counts
}

/// Returns the entries of the baseline that hold for rows of this run, sorted, with these rows only.
fn known(run: &RecordedRun<'_>, sometimes: &BTreeSet<&str>) -> Vec<KnownFailure> {
    let mut known = KnownFailures::default();
    let entries = run.baseline.map(|baseline| baseline.known.as_slice()).unwrap_or_default();
    let mut by_id: BTreeMap<&str, Vec<&KnownFailure>> = BTreeMap::new();
    for entry in entries {
        for id in &entry.ids {
            by_id.entry(id).or_default().push(entry);
        }
    }
    for row in &run.report.rows {
        let is_known =
            matches!(outcome(row, sometimes), RecordedOutcome::Known | RecordedOutcome::Sometimes);
        // If a row has several entries, chance decides which check fails first.
        let entries = by_id.get(row.id.as_str()).filter(|_| is_known);
        for entry in entries.into_iter().flatten() {
            known.add(row.id.clone(), entry.at.clone(), entry.reason.clone(), entry.sometimes);
        }
    }
    known.sorted()
}

fn failed(report: &Report) -> Vec<RecordedFailure> {
    let failed: BTreeSet<RecordedFailure> = report
        .rows
        .iter()
        .filter_map(|row| match &row.outcome {
            RowOutcome::Failed(check) => {
                Some(RecordedFailure { id: row.id.clone(), at: check.label.clone() })
            }
            _ => None,
        })
        .collect();
    failed.into_iter().collect()
}

/// Returns the tier. Cases that prevent the next one are counted by group.
fn tier(run: &RecordedRun<'_>) -> RecordedTier {
    let cases = run.report.rows.iter().filter(|row| row.profile.is_some());
    let groups: BTreeMap<&str, &str> =
        cases.map(|row| (row.id.as_str(), row.group.as_str())).collect();
    let mut of_groups: BTreeMap<&str, usize> = BTreeMap::new();
    let mut blocked_by = BTreeSet::new();
    for blocker in &run.tier.blocked_by {
        match groups.get(blocker.as_str()) {
            Some(group) => *of_groups.entry(group).or_default() += 1,
            None => {
                blocked_by.insert(blocker.clone());
            }
        }
    }
    let plural = |count: usize| if count == 1 { "case" } else { "cases" };
    blocked_by.extend(
        of_groups.iter().map(|(group, count)| format!("{count} {} of {group}", plural(*count))),
    );
    RecordedTier { reached: run.tier.tier, blocked_by }
}
