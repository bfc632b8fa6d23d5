//! The status of a store.

use std::sync::{Mutex, PoisonError};

/// The status of a store at one time. The counters start at 0 when the store is [attached](crate::RedisStoreBuilder::attach).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStatus {
    /// True if there is a connection to Redis, as far as the store knows.
    pub is_connected: bool,
    /// Number of connections made.
    pub connections: u64,
    /// Number of lists written.
    pub writes: u64,
    /// Number of lists read from Redis and given to the client.
    pub reloads: u64,
    /// Number of checks of an environment's digest, at the start and by the timer.
    pub refreshes: u64,
    /// Number of writes that failed because another program wrote at the same time. They are retried.
    pub conflicts: u64,
    /// Number of updates dropped after too many conflicts or errors, or because a list was too large or could not be parsed.
    pub given_up: u64,
    /// Number of updates dropped because too many were waiting. The client's features are merged into Redis instead.
    pub dropped: u64,
    /// Number of updates that wait to be written.
    pub waiting: usize,
    /// The last error, without passwords. It stays after the store has recovered.
    pub last_error: Option<String>,
}

/// The status as the worker updates it and the handle reads it.
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
