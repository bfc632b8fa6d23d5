//! The report of a run of scenarios as text, for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::runner::{ScenarioOutcome, ScenarioResult};
use super::scenarios::GROUPS;
use super::stop::Failure;
use super::subject::Subject;

/// Maximum number of entries of a timeline that a failure prints.
const MOST_ENTRIES: usize = 60;

/// Maximum number of characters of an entry that a failure prints.
const LONGEST_ENTRY: usize = 240;

/// Numbers of scenarios by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Number of scenarios that passed.
    pub passed: usize,
    /// Number of scenarios that failed.
    pub failed: usize,
    /// Number of scenarios that did not run.
    pub skipped: usize,
}

impl Counts {
    /// Counts results.
    pub fn of<'a>(results: impl Iterator<Item = &'a ScenarioResult>) -> Self {
        let mut counts = Self::default();
        for result in results {
            match result.outcome {
                ScenarioOutcome::Passed => counts.passed += 1,
                ScenarioOutcome::Failed(_) => counts.failed += 1,
                ScenarioOutcome::Skipped(_) => counts.skipped += 1,
            }
        }
        counts
    }
}

/// Returns a line for each group, the reasons of skips, and the failures in full.
#[must_use]
pub fn to_text(subject: &Subject, results: &[ScenarioResult]) -> String {
    let sdk = &subject.hello.sdk;
    let mut out = format!("fh-conformance · {} {} ({})\n", sdk.name, sdk.version, sdk.runtime);
    // Writing to a `String` cannot fail.
    let mut line = |name: &str, counts: Counts| {
        let cell = |count: usize| if count == 0 { ".".to_owned() } else { count.to_string() };
        let selected = counts.passed + counts.failed + counts.skipped;
        let _ = writeln!(
            out,
            "{name:<12} {:>8} {:>6} {:>6} {:>6}",
            cell(selected),
            cell(counts.passed),
            cell(counts.failed),
            cell(counts.skipped)
        );
    };
    for group in GROUPS {
        let own = || results.iter().filter(|result| result.scenario.group() == group.name);
        if own().next().is_some() {
            line(group.name, Counts::of(own()));
        }
    }
    line("TOTAL", Counts::of(results.iter()));
    let heading =
        format!("{:<12} {:>8} {:>6} {:>6} {:>6}\n", "group", "selected", "pass", "fail", "skip");
    let first_line = out.find('\n').map_or(out.len(), |end| end + 1);
    out.insert_str(first_line, &heading);

    let mut skips: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for result in results {
        if let ScenarioOutcome::Skipped(skip) = &result.outcome {
            skips.entry(skip.to_string()).or_default().push(result.scenario.id);
        }
    }
    for (reason, ids) in skips {
        let _ = writeln!(out, "skipped, {reason}: {}", ids.join(" "));
    }
    for result in results {
        if let ScenarioOutcome::Failed(failure) = &result.outcome {
            out.push_str(&failure_text(subject, result, failure));
        }
    }
    out
}

/// Returns one failure in full: the scenario, the check, the timeline, and the commands that reproduce it.
#[must_use]
pub fn failure_text(subject: &Subject, result: &ScenarioResult, failure: &Failure) -> String {
    let scenario = result.scenario;
    let mut out = format!(
        "\nFAIL {} {}\n  given    {}\n  when     {}\n  then     {}\n  check    {}\n  expected {}\n  actual   {}\n",
        scenario.id,
        scenario.name,
        scenario.given,
        scenario.when,
        scenario.then,
        failure.label,
        failure.expected,
        failure.actual
    );
    let left_out = result.timeline.len().saturating_sub(MOST_ENTRIES);
    for (index, entry) in result.timeline.iter().enumerate() {
        // The beginning shows the situation and the end the failure.
        if left_out > 0 && index == MOST_ENTRIES / 2 {
            let _ = writeln!(out, "    … {left_out} entries …");
        }
        if left_out > 0 && (MOST_ENTRIES / 2..MOST_ENTRIES / 2 + left_out).contains(&index) {
            continue;
        }
        let millis = entry.at.saturating_duration_since(result.start).as_secs_f64() * 1000.0;
        let mut text: String = entry.text.chars().take(LONGEST_ENTRY).collect();
        if text.len() < entry.text.len() {
            text.push('…');
        }
        let _ = writeln!(out, "    {millis:>9.1} ms  {:<8} {text}", entry.kind.name());
    }
    let log: Vec<&str> = result.log.lines().rev().take(5).collect();
    for text in log.iter().rev() {
        let _ = writeln!(out, "    log: {text}");
    }
    let _ = writeln!(
        out,
        "  fh-conformance sdk --adapter '{}' --only {}\n  fh-conformance edge --scenario {}",
        subject.command, scenario.id, scenario.id
    );
    out
}
