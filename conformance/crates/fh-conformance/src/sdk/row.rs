//! The row of a scenario in a report.

use super::runner::{EDGE_BY_HAND, ScenarioOutcome, ScenarioResult};
use super::stop::Skip;
use super::subject::Subject;
use crate::json::Json;
use crate::report::{
    FailedCheck, Row, RowOutcome, SkipKind, SkippedRow, shortened, timeline_lines,
};

/// Maximum number of lines of the adapter's log that a report holds.
const MOST_LOG_LINES: usize = 5;

/// Returns the row of a result.
#[must_use]
pub fn row_of(subject: &Subject, result: &ScenarioResult) -> Row {
    let scenario = result.scenario;
    let outcome = match &result.outcome {
        ScenarioOutcome::Passed => RowOutcome::Passed,
        ScenarioOutcome::Skipped(skip) => RowOutcome::Skipped(skipped(skip)),
        ScenarioOutcome::Failed(failure) => RowOutcome::Failed(FailedCheck {
            label: failure.label.clone(),
            message: failure.label.clone(),
            expected: Json::from(failure.expected.as_str()),
            actual: Json::from(failure.actual.as_str()),
        }),
    };
    let evidence = match &outcome {
        RowOutcome::Failed(_) => evidence(result),
        _ => Vec::new(),
    };
    Row {
        id: scenario.id.to_owned(),
        rev: None,
        title: format!("given {}; when {}; then {}", scenario.given, scenario.when, scenario.then),
        group: scenario.group().to_owned(),
        profile: None,
        tier: i64::from(scenario.tier),
        outcome,
        took: result.took,
        reproduce: [
            format!("fh-conformance sdk --adapter '{}' --only {}", subject.command, scenario.id),
            edge_command(scenario.id),
        ]
        .into_iter()
        .chain(result.last_request.clone())
        .collect(),
        evidence,
    }
}

/// Returns the command that serves the Edge of a scenario.
fn edge_command(id: &str) -> String {
    let port = EDGE_BY_HAND.rsplit(':').next().unwrap_or_default();
    format!("fh-conformance edge --scenario {id} --port {port}")
}

fn skipped(skip: &Skip) -> SkippedRow {
    let (kind, reason) = match skip {
        Skip::Capability(name) => (SkipKind::Capability, name),
        Skip::Unconfigurable(name) => (SkipKind::Unconfigurable, name),
        Skip::System(what) => (SkipKind::System, what),
        Skip::NotExecuted(reason) => (SkipKind::NotExecuted, reason),
    };
    SkippedRow { kind, reason: reason.clone() }
}

/// Returns the timeline and the end of the adapter's log, as lines.
fn evidence(result: &ScenarioResult) -> Vec<String> {
    let mut lines = timeline_lines(result.start, &result.timeline);
    let log: Vec<&str> = result.log.lines().collect();
    let end = log.get(log.len().saturating_sub(MOST_LOG_LINES)..).unwrap_or_default();
    lines.extend(end.iter().map(|line| format!("  log: {}", shortened(line))));
    lines
}
