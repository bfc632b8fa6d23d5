//! What happened during one scenario, in order of time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// The kind of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimelineKind {
    /// The runner sent a command.
    Command,
    /// The runner sent a request to a server.
    Request,
    /// The adapter or the server answered.
    Answer,
    /// The adapter or the server sent an event.
    Event,
    /// The Edge accepted or ended a connection, or received or finished a request.
    Edge,
    /// The scenario noted a step.
    Step,
    /// Something violated the protocol.
    Problem,
}

impl TimelineKind {
    /// Returns the name that reports print.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Request => "request",
            Self::Answer => "answer",
            Self::Event => "event",
            Self::Edge => "edge",
            Self::Step => "step",
            Self::Problem => "problem",
        }
    }
}

/// One entry of a timeline.
#[derive(Debug, Clone)]
pub struct TimelineEntry {
    /// The time.
    pub at: Instant,
    /// The kind.
    pub kind: TimelineKind,
    /// The text: a line of the protocol, or a description.
    pub text: String,
}

/// A list of entries that several threads add to. Clones share it.
#[derive(Debug, Clone)]
pub struct Timeline {
    start: Instant,
    keeps: bool,
    entries: Arc<Mutex<Vec<TimelineEntry>>>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { start: Instant::now(), keeps: true, entries: Arc::default() }
    }
}

impl Timeline {
    /// Returns a timeline that keeps nothing, for adapters that get many thousands of commands.
    #[must_use]
    pub fn silent() -> Self {
        Self { keeps: false, ..Self::default() }
    }

    /// Returns the time from which reports count.
    #[must_use]
    pub fn start(&self) -> Instant {
        self.start
    }

    /// Adds an entry for the present time.
    pub fn note(&self, kind: TimelineKind, text: &str) {
        self.note_at(Instant::now(), kind, text);
    }

    /// Adds an entry for a time.
    pub fn note_at(&self, at: Instant, kind: TimelineKind, text: &str) {
        if !self.keeps {
            return;
        }
        let entry = TimelineEntry { at, kind, text: text.to_owned() };
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }

    /// Returns all entries in order of time, together with others, such as those of an Edge.
    #[must_use]
    pub fn merged(&self, others: impl IntoIterator<Item = TimelineEntry>) -> Vec<TimelineEntry> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone();
        entries.extend(others);
        entries.sort_by_key(|entry| entry.at);
        entries
    }
}
