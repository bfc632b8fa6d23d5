//! The handle of a store.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fh_client::{Client, FlushError, Subscription};

use crate::builder::{RedisStoreBuilder, Server};
use crate::status::{SharedStatus, StoreStatus};
use crate::write_queue::WriteQueue;

/// The source of features from this store. Updates with this source are not written back (sdk-behaviour 5.3).
pub const SOURCE: &str = "redis-store";

/// A store of a client's features in Redis. It runs until it is closed or dropped, or the client is closed.
///
/// The store keeps its client alive, even if all other handles of the client are dropped.
pub struct RedisStore {
    pub(crate) client: Client,
    pub(crate) queue: Arc<WriteQueue>,
    pub(crate) shared_status: Arc<SharedStatus>,
    /// The subscriptions to the client's raw updates and to its status.
    pub(crate) subscriptions: Mutex<Option<[Subscription; 2]>>,
    /// Host and port, or a path.
    pub(crate) address: String,
}

impl RedisStore {
    /// Returns the builder of a store on this server: a URL, or a [`redis::Client`] for settings that a URL cannot express.
    pub fn builder(server: impl Into<Server>) -> RedisStoreBuilder {
        RedisStoreBuilder::new(server.into())
    }

    /// Returns the status of the store.
    #[must_use]
    pub fn status(&self) -> StoreStatus {
        let mut status = self.shared_status.read();
        (status.waiting, status.dropped) = self.queue.counts();
        status
    }

    /// Blocks this thread until the store has processed everything that the client has received so far, or until the timeout. If the
    /// store is closed, waits until its thread has ended.
    ///
    /// # Errors
    /// [`FlushError::TimedOut`] after the timeout, for example while Redis is unreachable. [`FlushError::InsideRuntime`] at once on a
    /// thread that runs tasks of the runtime that the client was given: use [`Self::flushed`] there.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        let end = Instant::now().checked_add(timeout);
        let left = || end.map_or(timeout, |end| end.saturating_duration_since(Instant::now()));
        // The first flush passes the client's updates to the store, and the second one the loaded features to the client's listeners.
        self.client.flush(left())?;
        if !self.queue.wait_until_settled(end) {
            return Err(FlushError::TimedOut);
        }
        self.client.flush(left())
    }

    /// Waits like [`Self::flush`], but without blocking, and without an end while Redis is unreachable. The limit applies only to the
    /// observers of the client.
    pub async fn flushed(&self, limit: Duration) {
        self.client.flushed(limit).await;
        self.queue.settled().await;
        self.client.flushed(limit).await;
    }

    /// Closes the store. It reads and writes nothing more, except for an operation in progress. Waiting updates are dropped; see
    /// [`Self::flush`]. Returns at once. A second call does nothing. The client continues.
    pub fn close(&self) {
        let held = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(held);
        self.queue.close();
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore")
            .field("server", &self.address)
            .field("status", &self.status())
            .finish_non_exhaustive()
    }
}
