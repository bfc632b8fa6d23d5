//! A journal of what was sent and received.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::adapter::{Timeline, TimelineEntry, TimelineKind};
use crate::curl::curl;
use crate::server::redactor::Redactor;

/// The maximum number of bytes that an entry holds.
const LONGEST_ENTRY: usize = 2000;

/// The maximum number of entries. Later ones are not kept, because some scenarios have many thousands.
const MOST_ENTRIES: usize = 2000;

/// A list of requests, answers and events, without API keys. Clones share it.
#[derive(Debug, Clone)]
pub struct Journal {
    redactor: Arc<Redactor>,
    timeline: Timeline,
    entries: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
    last: Arc<Mutex<LastRequest>>,
}

/// The beginning of the last request, and its length. It may hold a key, so it is not shown.
#[derive(Default)]
struct LastRequest {
    beginning: Vec<u8>,
    length: usize,
}

impl fmt::Debug for LastRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LastRequest").field("length", &self.length).finish_non_exhaustive()
    }
}

impl Journal {
    /// Returns an empty journal.
    #[must_use]
    pub fn new(redactor: Arc<Redactor>) -> Self {
        Self {
            redactor,
            timeline: Timeline::default(),
            entries: Arc::default(),
            connections: Arc::default(),
            last: Arc::default(),
        }
    }

    /// Returns the redactor, for other texts about the same server.
    #[must_use]
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Returns the timeline.
    #[must_use]
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Returns all entries in order of time.
    #[must_use]
    pub fn entries(&self) -> Vec<TimelineEntry> {
        self.timeline.merged([])
    }

    /// Returns the command for curl that sends the last request, without API keys; to this server, if one is given.
    #[must_use]
    pub fn last_request(&self, authority: Option<&str>) -> Option<String> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        curl(&last.beginning, last.length, authority, &self.redactor)
    }

    /// Returns the number of a new connection.
    pub(super) fn connected(&self) -> usize {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Adds an entry of a connection.
    pub(super) fn note(&self, connection: usize, kind: TimelineKind, bytes: &[u8]) {
        if kind == TimelineKind::Request {
            let beginning = bytes.get(..LONGEST_ENTRY * 8).unwrap_or(bytes).to_vec();
            let last = LastRequest { beginning, length: bytes.len() };
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
        }
        if self.entries.fetch_add(1, Ordering::Relaxed) >= MOST_ENTRIES {
            return;
        }
        // The redactor shortens the text, but needs no more than this.
        let bytes = bytes.get(..LONGEST_ENTRY * 8).unwrap_or(bytes);
        let text = String::from_utf8_lossy(bytes);
        let text = self.redactor.beginning(text.trim_end(), LONGEST_ENTRY);
        self.timeline.note(kind, &format!("[{connection}] {}", on_one_line(&text)));
    }
}

/// Returns a text on one line, without control characters.
fn on_one_line(text: &str) -> String {
    let text = text.replace("\r\n", " | ").replace(['\r', '\n'], " | ");
    text.replace(|c: char| c.is_control(), "\u{fffd}")
}
