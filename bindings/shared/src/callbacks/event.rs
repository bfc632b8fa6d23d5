//! The events that functions of a program get.

use std::sync::Arc;

use fh_client::{
    Detail, NewState, Notice, RawUpdate, ReadinessChange, SessionStatus, UsageEvent, Value,
};

/// An event for a function of the program.
#[derive(Debug, Clone)]
pub enum Event {
    /// The value or the lock of a feature changed.
    Change(Change),
    /// The readiness of the client.
    Readiness(ReadinessChange),
    /// The readiness, the connection or the problem of the client.
    Status(SessionStatus),
    /// An update changed features visibly.
    NewState(NewState),
    /// The unchanged text of an update.
    Raw(RawUpdate),
    /// An unusual event that does not stop the client.
    Notice(Notice),
    /// The reads that an observer has not got yet, the oldest first.
    Usage(Vec<Arc<UsageEvent>>),
    /// The registration of an interceptor has ended, so that it can release what it holds.
    Closed,
}

/// A change of a feature's value or lock, as one listener sees it; see [`fh_client::Change`].
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The key of the feature.
    pub key: Arc<str>,
    /// The value that this listener saw last.
    pub old: Option<Value>,
    /// The current value.
    pub new: Option<Value>,
    /// True if the feature was locked before the change.
    pub was_locked: bool,
    /// True if the feature is locked after the change.
    pub is_locked: bool,
    /// True if the feature exists after the change.
    pub exists: bool,
    /// The version of the feature's value; -1 if the feature does not exist.
    pub version: i64,
    /// The generation of the state in which the change was seen.
    pub generation: u64,
}

impl Change {
    /// Returns the change from a value and a lock to the present ones.
    pub(super) fn between(old: Option<Value>, was_locked: bool, now: Detail) -> Self {
        Self {
            key: now.key.into(),
            old,
            new: now.value,
            was_locked,
            is_locked: now.is_locked,
            exists: now.exists,
            version: now.version,
            generation: now.generation,
        }
    }

    /// Returns the change from the state before `self` to the state after `newer`, or `None` if the two states are equal. A binding joins
    /// changes so while one of them waits for a slow function.
    #[must_use]
    pub fn followed_by(&self, newer: &Self) -> Option<Self> {
        if self.old == newer.new && self.was_locked == newer.is_locked {
            return None;
        }
        Some(Self { old: self.old.clone(), was_locked: self.was_locked, ..newer.clone() })
    }
}

impl From<fh_client::Change> for Change {
    fn from(change: fh_client::Change) -> Self {
        Self {
            key: change.key,
            old: change.old,
            new: change.new,
            was_locked: change.was_locked,
            is_locked: change.is_locked,
            exists: change.exists,
            version: change.version,
            generation: change.generation,
        }
    }
}
