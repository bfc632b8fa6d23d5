//! The state of a pool.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::members::Members;
use super::pacing::Pacer;
use crate::client::Client;
use crate::delivery::PoolListeners;

/// The state that the handles of a pool share.
pub(super) struct Pool {
    pub(super) client: Client,
    pub(super) limit: usize,
    pub(super) pacer: Arc<Pacer>,
    pub(super) listeners: PoolListeners,
    pub(super) members: Mutex<Members>,
    /// Notifies waiting callers when a place in the pool may have become free.
    pub(super) changed: Notify,
}

impl Pool {
    pub(super) fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn end_all(&self) {
        self.members().end_all();
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.end_all();
    }
}
