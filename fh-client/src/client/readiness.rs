//! Waiting for features, and the client's status.

use std::time::Duration;

use fh_eval::Diagnostic;
use fh_session::{Connection, Problem, Readiness};
use tokio::sync::oneshot;

use super::Client;
use crate::driver::Command;
use crate::flush::FlushError;
use crate::ready::{self, NotReady, Refusals};
use crate::status::Status;
use crate::waiting::{block_on_for, is_blocking};

/// Waiting for features, the client's status, and flushing.
impl Client {
    /// Waits until the client has features.
    ///
    /// # Errors
    /// [`NotReady`] once it is known that none will arrive soon. Temporary failures (no network, status 5xx) do not end the wait.
    /// [`NotReady::InsideRuntime`] if [`block_on`](crate::block_on) awaits this on a thread that runs the runtime that the client
    /// was given.
    pub async fn ready(&self) -> Result<(), NotReady> {
        self.ready_unless(Refusals::End).await
    }

    /// Waits as [`Self::ready`] does, but refusals do not end the wait: an Edge answers 404 during its own outages, and keys can
    /// be made valid later.
    ///
    /// # Errors
    /// [`NotReady::Closed`], and [`NotReady::InsideRuntime`] as for [`Self::ready`].
    pub async fn ready_through_refusals(&self) -> Result<(), NotReady> {
        self.ready_unless(Refusals::WaitThrough).await
    }

    async fn ready_unless(&self, refusals: Refusals) -> Result<(), NotReady> {
        // This is checked even if the client is ready, so that the mistake shows at the first try and not only in production.
        if is_blocking() && self.inner.runtime.runs_on_this_thread() {
            return Err(NotReady::InsideRuntime);
        }
        ready::ready(&self.inner.board, refusals).await
    }

    /// Blocks this thread until the client has features, at most for `timeout`.
    ///
    /// It works inside a runtime too, but blocks one of its threads. A server that runs in the same current-thread runtime as the
    /// caller, such as an Edge in a test, cannot answer meanwhile; use [`Self::ready`] there.
    ///
    /// # Errors
    /// [`NotReady`]. On a thread that runs tasks of the runtime given to the client
    /// ([`ClientBuilder::runtime`](crate::ClientBuilder::runtime)) it returns [`NotReady::InsideRuntime`] at once.
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), NotReady> {
        self.block_for(self.ready(), timeout)
    }

    /// Waits as [`Self::wait_ready`] does, but refusals do not end the wait.
    ///
    /// # Errors
    /// [`NotReady::TimedOut`], [`NotReady::Closed`] or [`NotReady::InsideRuntime`].
    pub fn wait_ready_through_refusals(&self, timeout: Duration) -> Result<(), NotReady> {
        self.block_for(self.ready_through_refusals(), timeout)
    }

    fn block_for(
        &self,
        ready: impl Future<Output = Result<(), NotReady>>,
        timeout: Duration,
    ) -> Result<(), NotReady> {
        block_on_for(ready, timeout)
            .unwrap_or_else(|| Err(NotReady::TimedOut(Box::new(self.status()))))
    }

    /// Returns the readiness: whether the client has features, has none yet, is refused by the Edge, or is closed.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        if self.inner.board.is_closed() {
            Readiness::Closed
        } else {
            self.inner.repository.readiness()
        }
    }

    /// Returns true if the readiness is [`Readiness::Ready`].
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readiness() == Readiness::Ready
    }

    /// Returns the present status of the features and the connection.
    #[must_use]
    pub fn status(&self) -> Status {
        let snapshot_age = self.inner.board.restored_from().map(|saved| {
            let age = self.inner.settings.now().as_millis().saturating_sub(saved.as_millis());
            Duration::from_millis(u64::try_from(age).unwrap_or(0))
        });
        let mut status = Status::of(&self.inner.repository, &self.inner.runtime, snapshot_age);
        if self.inner.board.is_closed() {
            status.readiness = Readiness::Closed;
            status.connection = Connection::Closed;
            status.next_attempt = None;
        }
        status
    }

    /// Waits until the status meets a condition, for probes, tools and tests.
    ///
    /// The condition is checked whenever readiness, connection, problem or the number of requests change. The passing of time
    /// alone does not trigger a check.
    ///
    /// # Errors
    /// [`Problem::Closed`] if the client is closed and its status does not meet the condition.
    pub async fn status_when(
        &self,
        mut condition: impl FnMut(&Status) -> bool,
    ) -> Result<Status, Problem> {
        let mut changes = self.inner.board.watch_status();
        loop {
            changes.mark_unchanged();
            let status = self.status();
            if condition(&status) {
                return Ok(status);
            }
            if status.readiness == Readiness::Closed || changes.changed().await.is_err() {
                return Err(Problem::Closed);
            }
        }
    }

    /// Returns the parts of features that were not understood, and what was assumed instead.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.inner.repository.snapshot().rules().ruleset().diagnostics().cloned().collect()
    }

    /// Blocks this thread until everything so far is processed: events are delivered to listeners and observers, observers have
    /// sent what they hold, and the snapshot file is written. It waits at most for `timeout`.
    ///
    /// # Errors
    /// [`FlushError::TimedOut`]. On threads where [`Self::wait_ready`] returns [`NotReady::InsideRuntime`], it returns
    /// [`FlushError::InsideRuntime`] at once.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        if self.inner.runtime.runs_on_this_thread() {
            return Err(FlushError::InsideRuntime);
        }
        block_on_for(self.flushed(timeout), timeout).ok_or(FlushError::TimedOut)
    }

    /// Waits as [`Self::flush`] does, without blocking the thread. Observers are asked to take at most this time.
    pub async fn flushed(&self, limit: Duration) {
        let (reply, written) = oneshot::channel();
        self.inner.tell(Command::Flush(reply));
        // A closed client drops the sender; its snapshot is written then.
        let _ = written.await;
        self.inner.dispatcher.flushed(limit).await;
    }
}
