//! The values that a rewrite remembers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::event::Event;

/// The values that a rewrite remembers of all connections to one server.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<Remembered>);

/// The content of a [`Memory`].
#[derive(Debug, Default)]
pub(super) struct Remembered {
    /// The number of messages or streams, as the rewrite counts them.
    pub(super) count: u64,
    /// Texts by the name that the rewrite gave them.
    pub(super) texts: BTreeMap<String, String>,
}

impl Memory {
    /// Returns the remembered values.
    pub(super) fn open(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the next number: 1, 2 and so on.
    pub(super) fn next(&self) -> u64 {
        let mut inside = self.open();
        inside.count += 1;
        inside.count
    }
}

/// The values that a rewrite remembers of one stream.
#[derive(Debug, Default)]
pub(super) struct StreamMemory {
    /// The number of the stream: 1 for the first one of a server.
    pub(super) stream: u64,
    /// The number of events about features that the server sent on this stream.
    pub(super) updates: u64,
    /// An event that was held back or that is repeated later.
    pub(super) held: Option<Event>,
}
