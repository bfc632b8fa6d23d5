//! Waiting for features, and how things stand.

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

/// Waiting, and how things stand.
impl Client {
    /// Waits for features.
    ///
    /// # Errors
    /// [`NotReady`] once it is known that none will come soon. Trouble that passes (no network, status 5xx) is waited through.
    /// [`NotReady::InsideRuntime`] if [`block_on`](crate::block_on) waits for this on a thread that runs the runtime that the client
    /// was given.
    pub async fn ready(&self) -> Result<(), NotReady> {
        self.ready_unless(Refusals::End).await
    }

    /// As [`Self::ready`], but refusals are waited through as well: an Edge answers 404 during its own outages, and keys can be made
    /// valid.
    ///
    /// # Errors
    /// [`NotReady::Closed`], and [`NotReady::InsideRuntime`] as [`Self::ready`].
    pub async fn ready_through_refusals(&self) -> Result<(), NotReady> {
        self.ready_unless(Refusals::WaitThrough).await
    }

    async fn ready_unless(&self, refusals: Refusals) -> Result<(), NotReady> {
        // Ready or not: the mistake shows at the first try, not in production.
        if is_blocking() && self.inner.runtime.runs_on_this_thread() {
            return Err(NotReady::InsideRuntime);
        }
        ready::ready(&self.inner.board, refusals).await
    }

    /// Waits for features on this thread, not longer than this.
    ///
    /// It works inside a runtime, too, but it blocks one of its threads: a server that runs in the same current-thread runtime as the caller, such as
    /// an Edge in a test, cannot answer meanwhile. There use [`Self::ready`].
    ///
    /// # Errors
    /// [`NotReady`]; [`NotReady::InsideRuntime`] at once on a thread that runs tasks of the runtime that the client was given
    /// ([`ClientBuilder::runtime`](crate::ClientBuilder::runtime)).
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), NotReady> {
        self.block_for(self.ready(), timeout)
    }

    /// As [`Self::wait_ready`], waiting through refusals.
    ///
    /// # Errors
    /// [`NotReady`]; not `Failed`.
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

    /// Can it be asked?
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        if self.inner.board.is_closed() { Readiness::Closed } else { self.inner.hub.readiness() }
    }

    /// Can it be asked?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readiness() == Readiness::Ready
    }

    /// How it is doing.
    #[must_use]
    pub fn status(&self) -> Status {
        let snapshot_age = self.inner.board.restored_from().map(|saved| {
            let age = self.inner.recipe.now().as_millis().saturating_sub(saved.as_millis());
            Duration::from_millis(u64::try_from(age).unwrap_or(0))
        });
        let mut status = Status::of(&self.inner.hub, &self.inner.runtime, snapshot_age);
        if self.inner.board.is_closed() {
            status.readiness = Readiness::Closed;
            status.connection = Connection::Closed;
            status.next_attempt = None;
        }
        status
    }

    /// Waits until the status is as asked: for probes, tools and tests.
    ///
    /// The condition is asked again whenever readiness, connection, problem or counts of requests change, not as time passes.
    ///
    /// # Errors
    /// [`Problem::Closed`] if the client is closed and the condition does not hold then either.
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

    /// Parts of features that were not understood, and what was assumed instead.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.inner.hub.snapshot().rules().ruleset().diagnostics().cloned().collect()
    }

    /// Waits on this thread until everything that happened so far was told to listeners and observers, observers have sent what they hold, and the
    /// snapshot file is written; not longer than this.
    ///
    /// # Errors
    /// [`FlushError::TimedOut`]. [`FlushError::InsideRuntime`] at once where [`Self::wait_ready`] fails with
    /// [`NotReady::InsideRuntime`].
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        if self.inner.runtime.runs_on_this_thread() {
            return Err(FlushError::InsideRuntime);
        }
        block_on_for(self.flushed(timeout), timeout).ok_or(FlushError::TimedOut)
    }

    /// As [`Self::flush`], without blocking. Observers are asked to take no longer than this.
    pub async fn flushed(&self, limit: Duration) {
        let (reply, written) = oneshot::channel();
        self.inner.tell(Command::Flush(reply));
        // Nobody answers once the client is closed; then it is written.
        let _ = written.await;
        self.inner.dispatcher.flushed(limit).await;
    }
}
