//! Waiting for the client's futures with a time limit.

use std::io;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// A runtime with which the thread of the commands waits for futures.
pub(super) struct Waiting {
    runtime: Runtime,
}

impl Waiting {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { runtime: Builder::new_current_thread().enable_time().build()? })
    }

    /// Waits for a future. Returns `None` if it is not ready within the limit. The future is polled at least once.
    pub(super) fn at_most<F: Future>(&self, limit: Duration, future: F) -> Option<F::Output> {
        self.runtime.block_on(async { tokio::time::timeout(limit, future).await.ok() })
    }
}
