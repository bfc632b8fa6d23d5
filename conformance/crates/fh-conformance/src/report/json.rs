//! The JSON report of a run, for programs.

use super::{Report, Row, RowOutcome, SkipKind};
use crate::data::version::SUITE_VERSION;
use crate::json::Json;

/// Returns the report of one run. Failures contain the expected answer and the commands that reproduce them.
#[must_use]
pub fn to_json(report: &Report) -> Json {
    let total = report.total();
    let count = |count: usize| Json::number(count as u64);
    let profiles = report.profiles.iter().map(|profile| Json::from(profile.name()));
    let skipped = |kind: SkipKind| {
        let is_it =
            |row: &&Row| matches!(&row.outcome, RowOutcome::Skipped(skip) if skip.kind == kind);
        count(report.rows.iter().filter(is_it).count())
    };
    let kinds = [
        SkipKind::Capability,
        SkipKind::Unconfigurable,
        SkipKind::System,
        SkipKind::Target,
        SkipKind::NotExecuted,
    ];
    let skips = kinds.map(|kind| (kind.name(), skipped(kind)));
    let cannot = report.subject.cannot.iter();
    let cannot = cannot.map(|(name, reason)| (name.clone(), Json::from(reason.as_str())));
    Json::object([
        ("format", Json::number(1)),
        (
            "suite",
            Json::object([
                ("version", Json::from(SUITE_VERSION)),
                ("data_sha256", report.digest.clone().into()),
                ("profiles", Json::List(profiles.collect())),
            ]),
        ),
        (
            "target",
            Json::object([
                ("name", Json::from(report.subject.name.as_str())),
                ("version", report.subject.version.as_str().into()),
                ("runtime", report.subject.runtime.as_str().into()),
                ("cannot", Json::object(cannot)),
            ]),
        ),
        (
            "run",
            Json::object([
                ("partial", Json::Bool(report.is_partial())),
                ("filters", report.filters.clone().into()),
            ]),
        ),
        (
            "summary",
            Json::object([
                ("selected", count(total.selected)),
                ("pass", count(total.pass)),
                ("fail", count(total.fail)),
                ("known", count(total.known)),
                ("skip", Json::object(skips)),
            ]),
        ),
        ("results", Json::List(report.rows.iter().map(row).collect())),
    ])
}

fn row(row: &Row) -> Json {
    let micros = u64::try_from(row.took.as_micros()).unwrap_or(u64::MAX);
    let mut members = vec![("id", Json::from(row.id.as_str()))];
    members.extend(row.rev.map(|rev| ("rev", Json::number(rev))));
    members.push(("group", row.group.as_str().into()));
    members.extend(row.profile.map(|profile| ("profile", Json::from(profile.name()))));
    members.push(("tier", Json::number(row.tier)));
    members.push(("outcome", row.outcome.name().into()));
    members.push(("duration_us", Json::number(micros)));
    match &row.outcome {
        RowOutcome::Passed => {}
        RowOutcome::Skipped(skip) => {
            members.push(("skip", skip.kind.name().into()));
            members.push(("lacking", skip.reason.as_str().into()));
        }
        RowOutcome::UnexpectedPass { label, reason } => {
            members.push(("known_at", label.as_str().into()));
            members.push(("reason", reason.as_str().into()));
        }
        RowOutcome::Failed(check) | RowOutcome::Known { check, .. } => {
            let failure = [
                ("at", Json::from(check.label.as_str())),
                ("message", check.message.as_str().into()),
                ("expected", check.expected.clone()),
                ("actual", check.actual.clone()),
            ];
            members.push(("failure", Json::object(failure)));
            if let RowOutcome::Known { reason, .. } = &row.outcome {
                members.push(("reason", reason.as_str().into()));
            }
            members.push(("reproduce", Json::from(row.reproduce.clone())));
        }
    }
    Json::object(members)
}
