//! The SDKs of a page.

use crate::case::Case;
use crate::data::{Capability, Suite};
use crate::recording::{RecordedOutcome, Recording, Skipped};

use super::{Block, Inline, Line, Mark, Table, code, link, text};

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

    /// Returns a table with a row for each thing: its first cells, and one cell for each SDK.
    pub(super) fn matrix<T>(
        &self,
        head: &[&str],
        things: impl IntoIterator<Item = T>,
        first: impl Fn(&T) -> Vec<Line>,
        cell: impl Fn(&Recording, &T) -> Line,
    ) -> Block {
        let head = head.iter().map(|name| (*name).to_owned());
        let rows = things.into_iter().map(|thing| {
            let cells = self.all().map(|recording| cell(recording, &thing));
            first(&thing).into_iter().chain(cells).collect()
        });
        Block::Table(Table {
            head: head.chain(self.all().map(Recording::title)).collect(),
            rows: rows.collect(),
        })
    }
}

fn is_own(recording: &Recording) -> bool {
    recording.sdk.name.starts_with(OWN)
}

/// Returns the outcome of a scenario, if the recording has it.
pub(super) fn of_scenario(recording: &Recording, id: &str) -> Option<Mark> {
    recording.scenario(id).map(mark)
}

const fn mark(outcome: RecordedOutcome<'_>) -> Mark {
    match outcome {
        RecordedOutcome::Pass => Mark::Pass,
        RecordedOutcome::Known => Mark::Known,
        RecordedOutcome::Sometimes => Mark::Sometimes,
        RecordedOutcome::Failed => Mark::Failed,
        RecordedOutcome::Skipped(_) => Mark::Skipped,
    }
}

/// Returns the outcome of a case, if its group ran.
pub(super) fn of_case(recording: &Recording, case: &Case) -> Option<Mark> {
    if !recording.groups.values().any(|groups| groups.contains_key(&case.group)) {
        return None;
    }
    let lacks = case.requires.iter().any(|name| recording.cannot.contains_key(name));
    let other = if lacks { Mark::Skipped } else { Mark::Pass };
    Some(recording.failure(&case.id).map_or(other, mark))
}

/// Returns the cell of a scenario: the outcome, and the number of the known failure or the reason of the skip.
pub(super) fn scenario_cell(recording: &Recording, id: &str) -> Line {
    let Some(outcome) = recording.scenario(id) else { return Vec::new() };
    let mut line = vec![Inline::Mark(mark(outcome))];
    match outcome {
        RecordedOutcome::Pass => {}
        RecordedOutcome::Known | RecordedOutcome::Sometimes | RecordedOutcome::Failed => {
            let number = recording.failures.iter().position(|failure| failure.ids.contains(id));
            let number = number.unwrap_or_default();
            let to = format!("#{}", failure_anchor(recording, number));
            line.extend([text(" "), link((number + 1).to_string(), to)]);
        }
        RecordedOutcome::Skipped(Skipped { why, what, .. }) => match why.as_str() {
            "capability" => line.extend([text(": lacks "), code(what.as_str())]),
            "unconfigurable" => line.extend([text(": cannot set "), code(what.as_str())]),
            "not executed" => {}
            _ => line.push(text(format!(": {what}"))),
        },
    }
    line
}

/// Returns the name of the anchor of a known failure.
pub(super) fn failure_anchor(recording: &Recording, number: usize) -> String {
    super::markdown::anchor_name(&format!("{}-{}", recording.sdk.name, number + 1))
}
