//! How a store is doing.

use std::sync::{Mutex, PoisonError};

/// How a store is doing, at one moment. Numbers count from [`attach`](crate::RedisStoreBuilder::attach) on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStatus {
    /// Is there a connection to Redis, as far as is known?
    pub is_connected: bool,
    /// Connections made.
    pub connections: u64,
    /// Lists written.
    pub writes: u64,
    /// Lists read from Redis and given to the client.
    pub reloads: u64,
    /// Times that an environment's digest was looked at: at the start, and by the timer.
    pub refreshes: u64,
    /// Writes that failed because somebody else wrote at the same time. They are tried again.
    pub conflicts: u64,
    /// Updates given up: after too many conflicts or errors, or because a list was too large or unreadable.
    pub given_up: u64,
    /// Updates dropped because too many were waiting. The client's features as they are then are merged into Redis instead.
    pub dropped: u64,
    /// Updates waiting to be written.
    pub waiting: usize,
    /// What went wrong last, without password. It stays when all is well again.
    pub last_error: Option<String>,
}

/// Where the worker writes it.
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
