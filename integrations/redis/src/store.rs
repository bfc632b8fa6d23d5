//! The handle of a store.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use fh_client::{Client, FlushError, Subscription};

use crate::builder::{RedisStoreBuilder, Server};
use crate::status::{SharedStatus, StoreStatus};
use crate::write_queue::WriteQueue;

/// The tag of features from this store; updates that carry it are not written back (sdk-behaviour 5.3).
pub const SOURCE: &str = "redis-store";

/// A store of a client's features in Redis. It works until it is closed or dropped, or the client is closed.
///
/// It keeps its client alive: a client whose other handles are all dropped goes on until the store is dropped, too.
pub struct RedisStore {
    pub(crate) client: Client,
    pub(crate) queue: Arc<WriteQueue>,
    pub(crate) shared_status: Arc<SharedStatus>,
    /// To what the client receives, and to its status.
    pub(crate) subscriptions: Mutex<Option<[Subscription; 2]>>,
    /// Host and port, or path.
    pub(crate) address: String,
}

impl RedisStore {
    /// Begins a store on this server: a URL, or a [`redis::Client`] where more is to be set.
    pub fn builder(server: impl Into<Server>) -> RedisStoreBuilder {
        RedisStoreBuilder::new(server.into())
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> StoreStatus {
        let mut status = self.shared_status.read();
        (status.waiting, status.dropped) = self.queue.counts();
        status
    }

    /// Waits on this thread until everything that the client received so far has been dealt with, not longer than this. Of a closed store:
    /// until its thread is at its end.
    ///
    /// # Errors
    /// [`FlushError::TimedOut`], which is certain while Redis is away. [`FlushError::InsideRuntime`] at once on a thread that runs
    /// tasks of the runtime that the client was given: use [`Self::flushed`] there.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        let end = Instant::now().checked_add(timeout);
        let left = || end.map_or(timeout, |end| end.saturating_duration_since(Instant::now()));
        // What the client was told is with the store, and what the store found is with the client.
        self.client.flush(left())?;
        if !self.queue.wait_until_settled(end) {
            return Err(FlushError::TimedOut);
        }
        self.client.flush(left())
    }

    /// As [`Self::flush`], without blocking and without an end while Redis is away. Observers of the client are asked to take no
    /// longer than the limit.
    pub async fn flushed(&self, limit: Duration) {
        self.client.flushed(limit).await;
        self.queue.settled().await;
        self.client.flushed(limit).await;
    }

    /// Ends it: nothing is read or written any more, except for what is under way. What waits is not written; see [`Self::flush`]. Returns
    /// at once; a second time does nothing. The client goes on.
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
