//! The write of the snapshot file that is running.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// The write of the snapshot file that is running, and the callers that wait for it.
#[derive(Default)]
pub(super) struct Saving {
    pub(super) write: Option<JoinHandle<io::Result<()>>>,
    pub(super) waiting: Vec<oneshot::Sender<()>>,
}

impl Saving {
    pub(super) const fn is_free(&self) -> bool {
        self.write.is_none()
    }

    /// Polls for the outcome of the running write. Stays pending while no write is running.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(write) = &mut self.write else { return Poll::Pending };
        let outcome = Pin::new(write).poll(cx);
        if outcome.is_ready() {
            self.write = None;
        }
        // A write that panicked or was cancelled counts as failed.
        outcome.map(|outcome| outcome.unwrap_or_else(|why| Err(io::Error::other(why))))
    }

    pub(super) fn answer(&mut self) {
        for waiting in self.waiting.drain(..) {
            // Sending fails if the caller no longer waits, which is no error.
            let _ = waiting.send(());
        }
    }
}
