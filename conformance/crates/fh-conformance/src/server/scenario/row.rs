//! The row of a scenario in a report.

use super::check::Failure;
use super::runner::ScenarioRun;
use crate::json::Json;
use crate::report::{FailedCheck, Row, RowOutcome, SkipKind, SkippedRow, timeline_lines};
use crate::server::wire::WireError;

/// The commands that reproduce failures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reproduction {
    /// The command that runs all scenarios of the same server.
    pub run: String,
    /// The command that starts the server at [`Reproduction::AUTHORITY`], if each scenario has one of its own.
    pub start: Option<String>,
}

impl Reproduction {
    /// The address of a server that is started by hand.
    pub const AUTHORITY: &'static str = "127.0.0.1:8085";
}

/// Returns the row of a run, without API keys.
#[must_use]
pub fn row_of(run: &ScenarioRun, reproduction: &Reproduction) -> Row {
    let redactor = run.journal.redactor();
    let scenario = run.scenario;
    let skipped = |reason: &str| {
        RowOutcome::Skipped(SkippedRow { kind: SkipKind::Target, reason: reason.to_owned() })
    };
    let failed = |label: &str, message: &str, expected: Option<&str>, actual: &str| {
        RowOutcome::Failed(FailedCheck {
            label: redactor.text(label),
            message: redactor.text(message),
            expected: Json::from(redactor.text(expected.unwrap_or(scenario.checks))),
            actual: Json::from(redactor.text(actual)),
        })
    };
    let outcome = match &run.outcome {
        Ok(()) => RowOutcome::Passed,
        Err(Failure::Lacks(name)) => skipped(name),
        Err(Failure::Unable(what)) => skipped(what),
        Err(Failure::Wrong(difference)) => failed(
            &difference.label,
            &difference.label,
            difference.expected.as_deref(),
            &difference.actual,
        ),
        Err(Failure::Wire(error)) => {
            // The texts of the operating system differ between systems, so they are no part of the label.
            let label = match error {
                WireError::Io(_) => "the connection failed",
                WireError::TimedOut => "no data arrived in time",
                WireError::Closed => "the connection was closed before the end of the answer",
                WireError::Malformed(_) => "the answer is not HTTP",
            };
            failed(label, label, None, &error.to_string())
        }
    };
    let is_failed = matches!(outcome, RowOutcome::Failed(_));
    let start = run.journal.timeline().start();
    let mut reproduce = vec![format!("{} --only {}", reproduction.run, scenario.id)];
    let authority = reproduction.start.as_ref().map(|_| Reproduction::AUTHORITY);
    if let Some(curl) = run.journal.last_request(authority).filter(|_| is_failed) {
        reproduce.extend(reproduction.start.clone());
        reproduce.push(curl);
    }
    Row {
        id: scenario.id.to_owned(),
        rev: None,
        title: format!("{}: {}", scenario.name, scenario.checks),
        group: scenario.group().to_owned(),
        profile: None,
        tier: 1,
        outcome,
        took: run.took,
        reproduce,
        evidence: if is_failed {
            timeline_lines(start, &run.journal.entries())
        } else {
            Vec::new()
        },
    }
}
