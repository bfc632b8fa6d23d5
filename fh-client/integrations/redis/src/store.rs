//! The handle of a store.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fh_client::{Client, FlushError, Subscription};

use crate::status::{SharedStatus, StoreStatus};
use crate::write_queue::WriteQueue;

/// The name of this store as the source of features. Updates with this source are not written back to Redis.
pub const SOURCE: &str = "redis-store";

/// A store that keeps a client's features in Redis. The store runs until it is closed or dropped, or until the client is
/// closed.
///
/// The store keeps its client alive, even if all other handles of the client are dropped.
pub struct RedisStore {
    pub(crate) client: Client,
    pub(crate) queue: Arc<WriteQueue>,
    pub(crate) shared_status: Arc<SharedStatus>,
    /// The subscriptions to the client's raw updates and to its status.
    pub(crate) subscriptions: Mutex<Option<[Subscription; 2]>>,
    /// The address of the server or of the sentinels, without passwords.
    pub(crate) address: String,
}

impl RedisStore {
    /// Returns the current status of the store.
    #[must_use]
    pub fn status(&self) -> StoreStatus {
        let mut status = self.shared_status.read();
        (status.waiting, status.dropped) = self.queue.counts();
        status
    }

    /// Blocks this thread until the store has processed all updates that the client has received so far, or until `timeout` has passed.
    /// Updates that arrive meanwhile may prolong the wait. If the store is closed, waits until the store's thread has ended.
    ///
    /// # Errors
    /// [`FlushError::TimedOut`] after the timeout, for example while Redis is unreachable, or while nothing delivers the
    /// events of a client with manual delivery. On a thread that runs tasks of the runtime given to the client, this function
    /// returns [`FlushError::InsideRuntime`] at once; use [`Self::flushed`] on such a thread.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        let end = Instant::now().checked_add(timeout);
        let left = || end.map_or(timeout, |end| end.saturating_duration_since(Instant::now()));
        // The first flush passes the client's updates to the store. The second flush passes the loaded features to the client's
        // listeners.
        self.client.flush(left())?;
        if !self.queue.wait_until_settled(end) {
            return Err(FlushError::TimedOut);
        }
        self.client.flush(left())
    }

    /// Waits as [`Self::flush`] does, without blocking the thread and without a timeout, so that the wait does not end while Redis
    /// is unreachable. `limit` is only passed to the client's observers, as the time in which they should send their buffered
    /// events.
    pub async fn flushed(&self, limit: Duration) {
        self.client.flushed(limit).await;
        self.queue.settled().await;
        self.client.flushed(limit).await;
    }

    /// Closes the store and returns at once. After the write or check of one environment that is in progress, the store neither
    /// reads nor writes any more. Waiting updates are dropped, and so are the remaining environments of an update in progress;
    /// to write them, call [`Self::flush`] before. A second call has no effect. The client is not closed.
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
