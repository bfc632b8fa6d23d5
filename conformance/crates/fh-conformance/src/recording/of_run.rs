//! The recording of a run.

use std::collections::{BTreeMap, BTreeSet};

use super::{RecordedFault, RecordedGroup, Recording, Skipped};
use crate::baseline::{Baseline, KnownFailure, KnownFailures};
use crate::data::version::SUITE_VERSION;
use crate::protocol::Hello;
use crate::report::{Report, Row, RowOutcome};
use crate::sdk::{ScenarioResult, scenarios};
use crate::tier::TierReached;

const SCHEMA: &str = "../data/schema/recording-1.schema.json";

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

/// What a recording says of a row. Whether a row that fails sometimes has failed in this run is not recorded, because it is chance.
#[derive(Clone, Copy)]
enum Said<'r> {
    Pass,
    Known,
    Sometimes,
    Failed(&'r str),
    Skipped(&'r str, &'r str),
}

impl Recording {
    /// Records a run.
    #[must_use]
    pub fn of(run: &RecordedRun<'_>) -> Self {
        let sometimes = run.baseline.map(Baseline::sometimes).unwrap_or_default();
        let mut groups: BTreeMap<String, BTreeMap<String, RecordedGroup>> = BTreeMap::new();
        let mut passed = BTreeSet::new();
        let mut skipped: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
        let mut failures = KnownFailures::default();
        for row in &run.report.rows {
            let said = said(row, &sometimes);
            if let Some(profile) = row.profile {
                let groups = groups.entry(profile.name().to_owned()).or_default();
                count(groups.entry(row.group.clone()).or_default(), said);
            }
            let id = row.id.clone();
            match said {
                // If a row has several entries, chance decides which check fails first.
                Said::Known | Said::Sometimes => {
                    let known = run.baseline.map(|baseline| &baseline.known);
                    let known = known.into_iter().flatten();
                    for entry in known.filter(|entry| entry.ids.contains(&id)) {
                        failures.add(id.clone(), entry);
                    }
                }
                Said::Failed(label) => {
                    let at = label.to_owned();
                    failures.add(id, &KnownFailure { at, ..KnownFailure::default() });
                }
                Said::Pass if row.profile.is_none() => {
                    passed.insert(id);
                }
                Said::Skipped(why, what) if row.profile.is_none() => {
                    skipped.entry((why, what)).or_default().insert(id);
                }
                Said::Pass | Said::Skipped(..) => {}
            }
        }
        let skipped = skipped.into_iter().map(|((why, what), ids)| Skipped {
            why: why.to_owned(),
            what: what.to_owned(),
            ids,
        });
        let measured = run.results.iter().filter(|result| {
            result.scenario.id.starts_with(FAULTS) && !result.measurements.is_empty()
        });
        Self {
            schema: SCHEMA.to_owned(),
            format: 1,
            recorded: run.day.to_owned(),
            suite: SUITE_VERSION.to_owned(),
            sdk: run.hello.sdk.clone(),
            tier: run.tier.clone(),
            cannot: run.hello.cannot.clone(),
            groups,
            scenarios: scenarios::ids().count(),
            passed,
            skipped: skipped.collect(),
            failures: failures.sorted(),
            faults: measured
                .map(|result| {
                    (result.scenario.id.to_owned(), RecordedFault::of(&result.measurements))
                })
                .collect(),
        }
    }

    /// Removes scenarios, so that they are not compared.
    pub fn leave_out(&mut self, scenarios: &BTreeSet<&str>) {
        for failure in &mut self.failures {
            failure.ids.retain(|id| !scenarios.contains(id.as_str()));
        }
        self.passed.retain(|id| !scenarios.contains(id.as_str()));
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

fn said<'r>(row: &'r Row, sometimes: &BTreeSet<&str>) -> Said<'r> {
    match &row.outcome {
        RowOutcome::Passed | RowOutcome::Known { .. } if sometimes.contains(row.id.as_str()) => {
            Said::Sometimes
        }
        RowOutcome::Passed | RowOutcome::UnexpectedPass { .. } => Said::Pass,
        RowOutcome::Known { .. } => Said::Known,
        RowOutcome::Failed(check) => Said::Failed(&check.label),
        RowOutcome::Skipped(skip) => Said::Skipped(skip.kind.name(), &skip.reason),
    }
}

fn count(counts: &mut RecordedGroup, said: Said<'_>) {
    counts.cases += 1;
    match said {
        Said::Pass => {}
        Said::Known => counts.known += 1,
        Said::Sometimes => counts.sometimes += 1,
        Said::Failed(_) => counts.failed += 1,
        Said::Skipped(_, what) => *counts.skipped.entry(what.to_owned()).or_default() += 1,
    }
}
