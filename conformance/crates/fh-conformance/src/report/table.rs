//! The report of a run as text, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{Counts, FailedCheck, Report, Row, RowOutcome, SkipKind};
use crate::json::Json;

/// Maximum number of failures that are shown in full. The others are only counted.
const SHOWN: usize = 20;

/// Returns a line for each group, followed by the skips, the known failures and the failures.
#[must_use]
pub fn to_table(report: &Report) -> String {
    let subject = &report.subject;
    let mut out = format!("fh-conformance · {} {}", subject.name, subject.version);
    // Writing to a `String` cannot fail.
    if !subject.runtime.is_empty() {
        let _ = write!(out, " ({})", subject.runtime);
    }
    out.push_str(if report.is_partial() { "  (partial)\n" } else { "\n" });
    let mut line = |name: &str, profile: &str, cells: [String; 5]| {
        let [selected, pass, fail, known, skip] = cells;
        let _ = writeln!(
            out,
            "{name:<28} {profile:<7} {selected:>8} {pass:>6} {fail:>5} {known:>6} {skip:>5}"
        );
    };
    line("group", "profile", ["selected", "pass", "fail", "known", "skip"].map(str::to_owned));
    for ((group, profile), rows) in report.groups() {
        let profile = profile.map_or("", |profile| profile.name());
        line(group, profile, cells(Counts::of(rows.into_iter())));
    }
    line("TOTAL", "", cells(report.total()));
    skips(report, &mut out);
    known(report, &mut out);
    let failed = report.rows.iter().filter(|row| {
        matches!(row.outcome, RowOutcome::Failed(_) | RowOutcome::UnexpectedPass { .. })
    });
    for row in failed.clone().take(SHOWN) {
        out.push_str(&failure(row));
    }
    let hidden = failed.count().saturating_sub(SHOWN);
    if hidden > 0 {
        let _ = writeln!(out, "\nand {hidden} more");
    }
    out
}

fn cells(counts: Counts) -> [String; 5] {
    [counts.selected, counts.pass, counts.fail, counts.known, counts.skip]
        .map(|count| if count == 0 { ".".to_owned() } else { count.to_string() })
}

/// Writes the skipped scenarios by reason. Cases are only counted, because they are many.
fn skips(report: &Report, out: &mut String) {
    let mut reasons: BTreeMap<(SkipKind, &str), Vec<&Row>> = BTreeMap::new();
    for row in &report.rows {
        if let RowOutcome::Skipped(skip) = &row.outcome {
            reasons.entry((skip.kind, skip.reason.as_str())).or_default().push(row);
        }
    }
    for ((kind, reason), rows) in reasons {
        let _ = write!(out, "skipped, {}: {reason} ({})", kind.name(), rows.len());
        let scenarios: Vec<&str> =
            rows.iter().filter(|row| row.profile.is_none()).map(|row| row.id.as_str()).collect();
        let separator = if scenarios.is_empty() { "" } else { ": " };
        let _ = writeln!(out, "{separator}{}", scenarios.join(" "));
    }
}

fn known(report: &Report, out: &mut String) {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for row in &report.rows {
        if let RowOutcome::Known { reason, .. } = &row.outcome {
            reasons.entry(reason).or_default().push(&row.id);
        }
    }
    for (reason, ids) in reasons {
        let more = if ids.len() > SHOWN {
            format!(" and {} more", ids.len() - SHOWN)
        } else {
            String::new()
        };
        let ids: Vec<&str> = ids.into_iter().take(SHOWN).collect();
        let _ = writeln!(out, "known, {reason}: {}{more}", ids.join(" "));
    }
}

/// Returns one failure in full: the row, the check, what happened, and the commands that reproduce it.
fn failure(row: &Row) -> String {
    let profile = row.profile.map(|profile| format!(" ({profile})")).unwrap_or_default();
    let mut out = String::new();
    match &row.outcome {
        RowOutcome::Failed(FailedCheck { message, expected, actual, .. }) => {
            let _ = write!(
                out,
                "\nFAIL {}{profile}: {message}\n  {}\n  expected {}\n  actual   {}\n",
                row.id,
                row.title,
                text(expected),
                text(actual)
            );
        }
        RowOutcome::UnexpectedPass { label, reason } => {
            let _ = write!(
                out,
                "\nUNEXPECTED PASS {}{profile}\n  {}\n  remove from the baseline: {label} ({reason})\n",
                row.id, row.title
            );
        }
        RowOutcome::Passed | RowOutcome::Known { .. } | RowOutcome::Skipped(_) => {}
    }
    for line in row.evidence.iter().chain(&row.reproduce) {
        let _ = writeln!(out, "  {line}");
    }
    out
}

/// Returns a text without quotes, and any other JSON as it is.
fn text(json: &Json) -> String {
    match json {
        Json::Text(text) => text.clone(),
        other => other.to_string(),
    }
}
