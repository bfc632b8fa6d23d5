//! The JUnit report of a run, for CI servers.

use std::fmt::Write as _;

use super::{Counts, Report, RowOutcome, group_name};
use crate::case::Profile;
use crate::json::Json;

/// Returns the report, with one test suite for each group and profile. A known failure is a passed case with a property, so that a server
/// which counts skips does not lose it.
#[must_use]
pub fn to_junit(report: &Report) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"fh-conformance {}\"{}>",
        escaped(&report.subject.name),
        attributes(report.total())
    );
    for (key, rows) in report.groups() {
        let name = suite_name(key);
        let counts = Counts::of(rows.iter().copied());
        let _ = writeln!(out, "  <testsuite name=\"{}\"{}>", escaped(&name), attributes(counts));
        for row in rows {
            let seconds = row.took.as_secs_f64();
            let _ = write!(
                out,
                "    <testcase classname=\"{}\" name=\"{}\" time=\"{seconds:.6}\"",
                escaped(&name),
                escaped(&row.id)
            );
            match &row.outcome {
                RowOutcome::Passed => out.push_str("/>\n"),
                RowOutcome::Skipped(skip) => {
                    let message = escaped(&format!("{}: {}", skip.kind.name(), skip.reason));
                    let _ = writeln!(out, "><skipped message=\"{message}\"/></testcase>");
                }
                RowOutcome::Known { reason, .. } => {
                    let _ = writeln!(
                        out,
                        "><properties><property name=\"known-failure\" value=\"{}\"/></properties></testcase>",
                        escaped(reason)
                    );
                }
                RowOutcome::UnexpectedPass { label, reason } => {
                    let text = format!("the baseline lists a failure at {label}: {reason}");
                    failure("unexpected pass", &text, &mut out);
                }
                RowOutcome::Failed(check) => {
                    let shown = |json: &Json| match json {
                        Json::Text(text) => text.clone(),
                        other => other.to_string(),
                    };
                    let mut text = format!(
                        "expected {}\nactual   {}",
                        shown(&check.expected),
                        shown(&check.actual)
                    );
                    for line in row.evidence.iter().chain(&row.reproduce) {
                        let _ = write!(text, "\n{line}");
                    }
                    failure(&check.message, &text, &mut out);
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn suite_name((group, profile): (&str, Option<Profile>)) -> String {
    match profile {
        Some(profile) => format!("{group}.{profile}"),
        None => group_name((group, None)),
    }
}

fn failure(message: &str, text: &str, out: &mut String) {
    let (message, text) = (escaped(message), escaped(text));
    let _ = writeln!(out, "><failure message=\"{message}\">{text}</failure></testcase>");
}

fn attributes(counts: Counts) -> String {
    format!(
        " tests=\"{}\" failures=\"{}\" skipped=\"{}\"",
        counts.selected, counts.fail, counts.skip
    )
}

/// Escapes text for XML. Characters that XML cannot represent are replaced by U+FFFD.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}
