//! Waiting for features, and how things stand.

use std::time::Duration;

use fh_eval::Diagnostic;
use fh_session::{Connection, Problem, Readiness};
use tokio::sync::oneshot;

use super::Client;
use crate::driver::Command;
use crate::ready::{self, NotReady, Refusals};
use crate::status::Status;
use crate::waiting::{block_on_for, is_sole_driver_of_a_runtime};

/// Waiting, and how things stand.
impl Client {
    /// Waits for features.
    ///
    /// # Errors
    /// [`NotReady`] once it is known that none will come soon. Trouble that passes (no network, status 5xx) is waited through.
    pub async fn ready(&self) -> Result<(), NotReady> {
        ready::ready(&self.inner.board, Refusals::End).await
    }

    /// As [`Self::ready`], but refusals are waited through as well: an Edge answers 404 during its own outages, and keys can be made
    /// valid.
    ///
    /// # Errors
    /// [`NotReady::Closed`] only.
    pub async fn ready_through_refusals(&self) -> Result<(), NotReady> {
        ready::ready(&self.inner.board, Refusals::WaitThrough).await
    }

    /// Waits for features on this thread, not longer than this.
    ///
    /// # Errors
    /// [`NotReady`]; also if this thread drives a runtime of one thread, which must not be blocked (D-81).
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
        if is_sole_driver_of_a_runtime() {
            return Err(NotReady::InsideRuntime);
        }
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
        let mut status = Status::of(&self.inner.hub, self.inner.clock, snapshot_age);
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
    /// snapshot file is written; not longer than this. Says whether that was enough time; no on a thread that drives a runtime of one thread, which
    /// must not be blocked.
    #[must_use]
    pub fn flush(&self, timeout: Duration) -> bool {
        !is_sole_driver_of_a_runtime() && block_on_for(self.flushed(timeout), timeout).is_some()
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
