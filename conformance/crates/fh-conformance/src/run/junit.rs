//! The JUnit report of a run, for CI servers.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{CaseResult, Counts, Run};
use crate::compare::Outcome;

/// Returns the report, with one test suite for each group and profile.
#[must_use]
pub fn to_junit(run: &Run<'_>) -> String {
    let mut suites: BTreeMap<String, Vec<&CaseResult<'_>>> = BTreeMap::new();
    for result in &run.results {
        let name = format!("{}.{}", result.case.group, result.profile);
        suites.entry(name).or_default().push(result);
    }
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let total = run.total();
    // Writing to a `String` cannot fail.
    let _ = writeln!(
        out,
        "<testsuites name=\"fh-conformance {}\"{}>",
        escaped(&run.target),
        attributes(total)
    );
    for (name, results) in suites {
        let mut counts = Counts::default();
        results.iter().for_each(|result| counts.count(&result.outcome));
        let _ = writeln!(out, "  <testsuite name=\"{}\"{}>", escaped(&name), attributes(counts));
        for result in results {
            let id = escaped(&result.case.id);
            let seconds = result.took.as_secs_f64();
            let _ = write!(
                out,
                "    <testcase classname=\"{}\" name=\"{id}\" time=\"{seconds:.6}\"",
                escaped(&name)
            );
            match &result.outcome {
                Outcome::Pass => out.push_str("/>\n"),
                Outcome::Skip(capability) => {
                    let _ = writeln!(
                        out,
                        "><skipped message=\"lacks {}\"/></testcase>",
                        escaped(capability)
                    );
                }
                Outcome::Fail(failure) => {
                    let text = format!(
                        "expected {}\nactual   {}\n{}",
                        failure.expected,
                        failure.actual,
                        result.reproduce(&run.target)
                    );
                    let message = escaped(&failure.message);
                    let _ = writeln!(
                        out,
                        "><failure message=\"{message}\">{}</failure></testcase>",
                        escaped(&text)
                    );
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
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
