//! The report of a run as text, for people.

use std::fmt::Write as _;

use super::{Counts, Run};
use crate::compare::Outcome;

/// Maximum number of failures that are shown in full. The others are only counted.
const SHOWN: usize = 20;

/// Returns a line for each group, followed by the failures.
#[must_use]
pub fn to_table(run: &Run<'_>) -> String {
    let mut out = format!("fh-conformance · {} {}", run.target, run.version);
    out.push_str(if run.is_partial() { "  (partial)\n" } else { "\n" });
    let mut line = |name: &str, profile: &str, counts: [String; 4]| {
        let [selected, pass, fail, skip] = counts;
        // Writing to a `String` cannot fail.
        let _ =
            writeln!(out, "{name:<28} {profile:<7} {selected:>8} {pass:>6} {fail:>5} {skip:>5}");
    };
    line("group", "profile", ["selected", "pass", "fail", "skip"].map(str::to_owned));
    for ((group, profile), counts) in run.groups() {
        line(group, profile.name(), cells(counts));
    }
    line("TOTAL", "", cells(run.total()));
    let failures = run.results.iter().filter_map(|result| match &result.outcome {
        Outcome::Fail(failure) => Some((result, failure)),
        _ => None,
    });
    for (result, failure) in failures.take(SHOWN) {
        let _ = write!(
            out,
            "\nFAIL {} ({}): {}\n  {}\n  expected {}\n  actual   {}\n  {}\n  fh-conformance explain {}\n",
            result.case.id,
            result.profile,
            failure.message,
            result.case.title,
            failure.expected,
            failure.actual,
            result.reproduce(&run.target),
            result.case.id,
        );
    }
    let failed = run.total().fail;
    if failed > SHOWN {
        let _ = writeln!(out, "\nand {} more", failed - SHOWN);
    }
    out
}

fn cells(counts: Counts) -> [String; 4] {
    [counts.selected, counts.pass, counts.fail, counts.skip]
        .map(|count| if count == 0 { ".".to_owned() } else { count.to_string() })
}
