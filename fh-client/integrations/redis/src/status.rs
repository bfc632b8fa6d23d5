//! The status of a store.

use std::sync::{Mutex, PoisonError};

/// The status of a store at one time. The counters start at 0 when the store is [attached](crate::RedisStoreBuilder::attach).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStatus {
    /// True if the store has a connection to Redis that has not failed yet.
    pub is_connected: bool,
    /// The number of connections that the store has opened, without those to sentinels.
    pub connections: u64,
    /// The number of lists that the store has written.
    pub writes: u64,
    /// The number of stored values that the store has read in its checks and offered to the client as lists. The client ignores a value
    /// that is not a list.
    pub reloads: u64,
    /// The number of times that the store has read an environment's digest in Redis, after connecting and at each refresh
    /// interval.
    pub refreshes: u64,
    /// The number of writes that failed because another program wrote at the same time. Such writes are retried, up to the
    /// number of [attempts](crate::RedisStoreBuilder::retries).
    pub conflicts: u64,
    /// The number of times that the store gave up a write: after too many conflicts or errors, or because a list was too large or an update
    /// could not be parsed. An update of several environments can count several times.
    pub given_up: u64,
    /// The number of updates that the store dropped because more than 1,024 updates or 32 MiB were waiting. The store then merges all
    /// features of the client into Redis instead. Other waiting jobs of the store, such as a merge, count as updates.
    pub dropped: u64,
    /// The number of updates that wait to be written, without the update in progress. A waiting merge of all features counts
    /// as one update.
    pub waiting: usize,
    /// The text of the last error, without passwords; `None` if there was no error. The text is kept after the store has
    /// recovered.
    pub last_error: Option<String>,
}

/// The status that the worker updates and the handle reads.
#[derive(Debug, Default)]
pub(crate) struct SharedStatus(Mutex<StoreStatus>);

impl SharedStatus {
    pub(crate) fn change(&self, change: impl FnOnce(&mut StoreStatus)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn read(&self) -> StoreStatus {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
