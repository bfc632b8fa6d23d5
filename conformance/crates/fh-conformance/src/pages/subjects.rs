//! The SDKs of a page.

use crate::case::Case;
use crate::data::{Capability, Suite};
use crate::recording::{RecordedOutcome, Recording};
use crate::sdk::Scenario;

use super::{Inline, Line, Mark, code, link, text};

/// The prefix of the names of this project's own SDKs.
const OWN: &str = "fh-";

/// The recordings of a page, and the suite that they belong to.
#[derive(Debug)]
pub struct Subjects<'s> {
    recordings: Vec<Recording>,
    /// The cases.
    pub(super) suite: &'s Suite,
    /// The capabilities.
    pub(super) capabilities: &'s [Capability],
}

impl<'s> Subjects<'s> {
    /// Sorts recordings: this project's own SDKs come first.
    #[must_use]
    pub fn new(
        mut recordings: Vec<Recording>,
        suite: &'s Suite,
        capabilities: &'s [Capability],
    ) -> Self {
        recordings.sort_by_key(|each| (!is_own(each), each.title()));
        Self { recordings, suite, capabilities }
    }

    /// Returns the recordings in the order of the page's columns.
    pub(super) fn all(&self) -> impl Iterator<Item = &Recording> {
        self.recordings.iter()
    }

    /// Returns the recordings of this project's SDKs.
    pub(super) fn own(&self) -> impl Iterator<Item = &Recording> {
        self.recordings.iter().filter(|each| is_own(each))
    }

    /// Returns the recordings of the SDKs of others.
    pub(super) fn others(&self) -> impl Iterator<Item = &Recording> {
        self.recordings.iter().filter(|each| !is_own(each))
    }

    /// Returns the head of a table with some columns and one for each SDK.
    pub(super) fn head(&self, first: &[&str]) -> Vec<String> {
        let first = first.iter().map(|name| (*name).to_owned());
        first.chain(self.all().map(Recording::title)).collect()
    }
}

fn is_own(recording: &Recording) -> bool {
    recording.sdk.name.starts_with(OWN)
}

/// Returns the outcome of a scenario, if the recording has it.
pub(super) fn of_scenario(recording: &Recording, scenario: &Scenario) -> Option<Mark> {
    recording.scenarios.get(scenario.id).map(mark)
}

fn mark(outcome: &RecordedOutcome) -> Mark {
    match outcome {
        RecordedOutcome::Pass => Mark::Pass,
        RecordedOutcome::Known => Mark::Known,
        RecordedOutcome::Sometimes => Mark::Sometimes,
        RecordedOutcome::Failed => Mark::Failed,
        RecordedOutcome::Skipped { .. } => Mark::Skipped,
    }
}

/// Returns the outcome of a case, if its group ran.
pub(super) fn of_case(recording: &Recording, case: &Case) -> Option<Mark> {
    if !recording.groups.iter().any(|group| group.group == case.group) {
        return None;
    }
    if recording.failed.iter().any(|failure| failure.id == case.id) {
        return Some(Mark::Failed);
    }
    if let Some(entry) = recording.known_failure(&case.id) {
        return Some(if entry.sometimes { Mark::Sometimes } else { Mark::Known });
    }
    let lacks = case.requires.iter().any(|name| recording.cannot.contains_key(name));
    Some(if lacks { Mark::Skipped } else { Mark::Pass })
}

/// Returns the cell of a scenario: the outcome, and the number of the known failure or the reason of the skip.
pub(super) fn scenario_cell(recording: &Recording, id: &str) -> Line {
    let Some(outcome) = recording.scenarios.get(id) else { return Vec::new() };
    let mut line = vec![Inline::Mark(mark(outcome))];
    match outcome {
        RecordedOutcome::Known | RecordedOutcome::Sometimes => {
            let number = recording.known.iter().position(|entry| entry.ids.contains(id));
            if let Some(number) = number {
                line.push(text(" "));
                line.push(link(
                    (number + 1).to_string(),
                    format!("#{}", failure_anchor(recording, number)),
                ));
            }
        }
        RecordedOutcome::Skipped { why, what } => match why.as_str() {
            "capability" => line.extend([text(": lacks "), code(what.as_str())]),
            "unconfigurable" => line.extend([text(": cannot set "), code(what.as_str())]),
            "not executed" => {}
            _ => line.push(text(format!(": {what}"))),
        },
        RecordedOutcome::Pass | RecordedOutcome::Failed => {}
    }
    line
}

/// Returns the name of the anchor of a known failure.
pub(super) fn failure_anchor(recording: &Recording, number: usize) -> String {
    super::markdown::anchor_name(&format!("{}-{}", recording.sdk.name, number + 1))
}

/// Returns a text in which the names of decisions are links to them.
pub(super) fn with_decisions(source: &str) -> Line {
    let mut line = Vec::new();
    for (index, part) in source.split(", ").enumerate() {
        if index > 0 {
            line.push(text(", "));
        }
        match part.strip_prefix("D-") {
            Some(number) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                line.push(link(part, format!("spec/decisions.md#d-{number}")));
            }
            _ => line.push(text(part)),
        }
    }
    line
}
