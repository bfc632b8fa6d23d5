//! Client functions that wait for features, return the client's status and diagnostics, and flush events and files.

use std::time::{Duration, Instant};

use fh_eval::Diagnostic;
use fh_repository::problem::Problem;
use fh_repository::readiness::Readiness;
use fh_repository::status::Connection;
use tokio::sync::oneshot;

use super::Client;
use crate::command::Command;
use crate::flush::FlushError;
use crate::ready::{self, NotReady, Refusals};
use crate::status::Status;
use crate::waiting::{block_on_for, is_blocking};

/// Functions that wait for features, return the client's status and diagnostics, and flush events and files.
impl Client {
    /// Waits until the client is ready ([`Readiness::Ready`]). Returns at once if the client is ready.
    ///
    /// # Errors
    /// [`NotReady`] if the Edge refuses the client or has sent no environment of its API keys, or if the client sends no more
    /// requests or is closed. Temporary failures (no network, status 5xx) do not end the wait. [`NotReady::InsideRuntime`] if
    /// [`block_on`](crate::block_on) awaits this function on a thread that runs tasks of the client's runtime, because the wait
    /// could block the client.
    pub async fn ready(&self) -> Result<(), NotReady> {
        self.ready_unless(Refusals::End).await
    }

    /// Waits as [`Self::ready`] does, but also while the Edge refuses the client or the client sends no more requests. An Edge may
    /// answer 404 during its own outages, and an invalid API key can become valid later.
    ///
    /// # Errors
    /// [`NotReady::Closed`] if the client is closed, and [`NotReady::InsideRuntime`] under the same condition as
    /// [`Self::ready`].
    pub async fn ready_through_refusals(&self) -> Result<(), NotReady> {
        self.ready_unless(Refusals::WaitThrough).await
    }

    async fn ready_unless(&self, refusals: Refusals) -> Result<(), NotReady> {
        // The thread is checked even if the client is ready, so that the mistake shows in the first test and not only in
        // production.
        if is_blocking() && self.shared.runtime.runs_on_this_thread() {
            return Err(NotReady::InsideRuntime);
        }
        ready::ready(&self.shared, refusals).await
    }

    /// Blocks this thread until the client is ready, or until `timeout` has passed.
    ///
    /// In a task of a tokio runtime, this function blocks the thread that runs the task. If the runtime has only this thread, a
    /// server that runs in it, such as an Edge in a test, cannot answer in the meantime. Use [`Self::ready`] in such a program.
    ///
    /// # Errors
    /// The errors of [`Self::timed_out`] after `timeout`, and those of [`Self::ready`]. On a thread that runs tasks of the client's
    /// runtime ([`ClientBuilder::runtime`](crate::ClientBuilder::runtime)), this function returns [`NotReady::InsideRuntime`]
    /// at once.
    pub fn wait_ready(&self, timeout: Duration) -> Result<(), NotReady> {
        self.block_for(self.ready(), timeout)
    }

    /// Blocks this thread as [`Self::wait_ready`] does, but also while the Edge refuses the client or the client sends no more
    /// requests.
    ///
    /// # Errors
    /// The errors of [`Self::timed_out`] after `timeout`, [`NotReady::Closed`] if the client is closed, or [`NotReady::InsideRuntime`]
    /// under the same condition as [`Self::wait_ready`].
    pub fn wait_ready_through_refusals(&self, timeout: Duration) -> Result<(), NotReady> {
        self.block_for(self.ready_through_refusals(), timeout)
    }

    fn block_for(
        &self,
        ready: impl Future<Output = Result<(), NotReady>>,
        timeout: Duration,
    ) -> Result<(), NotReady> {
        block_on_for(ready, timeout).unwrap_or_else(|| Err(self.timed_out()))
    }

    /// Returns the error of a wait for this client that the program's own time limit has ended, for example around [`Self::ready`]. Reads the
    /// ruleset file of a client that has one and is not ready.
    ///
    /// # Returns
    /// [`NotReady::RulesetFile`] if the client is not ready because its ruleset file is missing or holds no ruleset, otherwise
    /// [`NotReady::TimedOut`].
    #[must_use]
    pub fn timed_out(&self) -> NotReady {
        ready::timed_out(&self.shared, self.status())
    }

    /// Returns the readiness of the client. After a call of [`Client::close`], this is [`Readiness::Closed`] at once.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        if self.shared.is_closed() { Readiness::Closed } else { self.shared.repository.readiness() }
    }

    /// Returns true if the readiness is [`Readiness::Ready`].
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.readiness() == Readiness::Ready
    }

    /// Returns the present status of the client, with details of its features and its connection.
    #[must_use]
    pub fn status(&self) -> Status {
        let snapshot_age = self.shared.restored.get().map(|saved| {
            let age = self.shared.settings.now().as_millis().saturating_sub(saved.as_millis());
            Duration::from_millis(u64::try_from(age).unwrap_or(0))
        });
        let mut status = Status::of(&self.shared.repository, &self.shared.runtime, snapshot_age);
        #[cfg(feature = "featbit")]
        {
            let insights = self.shared.insights.as_ref();
            status.insights = insights.map(crate::featbit::Insights::counters);
        }
        if self.shared.is_closed() {
            status.readiness = Readiness::Closed;
            status.connection = Connection::Closed;
            status.next_attempt = None;
        }
        status
    }

    /// Waits until `condition` returns true for the client's status, and returns that status. Use this function in probes, tools
    /// and tests.
    ///
    /// The condition is checked at the call. It is checked again after features have arrived, and after a change of the
    /// readiness, the connection, the problem or the number of requests, for example. Changes in quick succession may lead to
    /// one check. The passing of time alone does not trigger a check.
    ///
    /// # Errors
    /// [`Problem::Closed`] once the client is closed, if the condition is not true for the status of the closed client.
    pub async fn status_when(
        &self,
        mut condition: impl FnMut(&Status) -> bool,
    ) -> Result<Status, Problem> {
        let mut watch = self.shared.repository.watch();
        loop {
            let status = self.status();
            if condition(&status) {
                return Ok(status);
            }
            if status.readiness == Readiness::Closed {
                return Err(Problem::Closed);
            }
            watch.changed().await;
        }
    }

    /// Returns the diagnostics of the served features. Each diagnostic describes a part that the client did not understand or
    /// could not use, and how the client treats that part.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        self.shared.repository.snapshot().rules().ruleset().diagnostics().cloned().collect()
    }

    /// Blocks this thread until the snapshot file is written if there is anything new to write, all earlier events are
    /// delivered to listeners and observers, and the observers have sent their buffered events. Blocks at most for `timeout`. A
    /// failed write of the snapshot file is not an error here. On a thread that calls listeners of this client, and for a
    /// client [without listeners](crate::ClientBuilder::without_listeners), this function waits for the snapshot file only.
    ///
    /// # Errors
    /// [`FlushError::TimedOut`] after `timeout`. On a thread where [`Self::wait_ready`] returns [`NotReady::InsideRuntime`],
    /// this function returns [`FlushError::InsideRuntime`] at once.
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        if self.shared.runtime.runs_on_this_thread() {
            return Err(FlushError::InsideRuntime);
        }
        let end = Instant::now().checked_add(timeout);
        // An observer that cannot send its events returns when its time is over, about when this wait ends.
        block_on_for(self.flushed(timeout), timeout)
            .filter(|()| end.is_none_or(|end| Instant::now() < end))
            .ok_or(FlushError::TimedOut)
    }

    /// Waits as [`Self::flush`] does, without blocking the thread. The wait has no time limit. Each observer gets `limit`, or
    /// the longer limit of another pending flush, as the time in which the observer should send its buffered events.
    pub async fn flushed(&self, limit: Duration) {
        let (reply, written) = oneshot::channel();
        self.shared.send(Command::Flush(reply));
        // A closed client drops the sender, which ends this wait. A client that is closing writes its snapshot file before it
        // drops the sender.
        let _ = written.await;
        self.shared.dispatcher.flushed(limit).await;
    }
}
