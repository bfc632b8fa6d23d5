//! The delays that follow the outcomes of requests.

use std::time::Duration;

use fh_repository::problem::Problem;
use fh_repository::time::Millis;

use super::{Kernel, Protocol};

impl<P: Protocol> Kernel<P> {
    /// Records a failed attempt, which the status shows.
    pub(crate) fn count_failure(&mut self, problem: Problem) {
        self.status.attempts = self.status.attempts.saturating_add(1);
        self.status.problem = Some(problem);
    }

    /// Records a failed attempt, and schedules a retry after this delay.
    pub(crate) fn retry(&mut self, problem: Problem, delay: Duration) {
        self.count_failure(problem.clone());
        self.wait(delay);
        self.settle(&Err(problem));
    }

    /// Schedules the next request after this delay.
    pub(crate) fn wait(&mut self, delay: Duration) {
        self.state = P::waiting(self, self.now.after(delay));
    }

    /// Records that the server refuses the client. A retry follows after the delays of `Config::refused`, because a server may refuse clients
    /// during its own outages, and because keys are rotated.
    pub(crate) fn retry_refused(&mut self, problem: Problem, at_least: Option<Duration>) {
        let refused = &self.timing.refused;
        let delay = self.refused.next(refused, refused.cap, &mut self.random);
        self.retry(problem, delay.max(at_least.unwrap_or_default()));
    }

    /// Returns the next delay after a failure, at most `cap`.
    pub(crate) fn next_delay(&mut self, cap: Duration) -> Duration {
        self.backoff.next(&self.timing.backoff, cap, &mut self.random)
    }

    /// Schedules a stream after one that had data has ended. A long wait for the next stream has a poll in its middle.
    pub(crate) fn retry_dropped(&mut self, problem: Problem, at_least: Duration) {
        let (brief, backoff) = (&self.timing.return_within, &self.timing.backoff);
        let is_long = self.backoff.is_gap_long(backoff);
        let delay = self.backoff.after_drop(brief, backoff, &mut self.random).max(at_least);
        self.gap = is_long.then(|| delay / 2);
        self.retry(problem, self.gap.unwrap_or(delay));
    }

    /// Resets the retry delays if a stream with data that was opened at this time has been open for at least `healthy_after`.
    pub(crate) fn was_open_since(&mut self, opened: Millis, has_data: bool, healthy: Duration) {
        if has_data && self.now.since(opened) >= healthy {
            self.backoff.reset();
        }
    }

    /// Returns true if the next request may open a stream: the client is not suspended, it does not wait for the next stream for long, and it
    /// is not too early to stream again after streams did not work.
    pub(crate) fn may_stream(&mut self) -> bool {
        if self.is_suspended || self.gap.is_some() {
            return false;
        }
        let may_stream = self.poll_until.is_none_or(|until| self.now >= until);
        if may_stream {
            self.poll_until = None;
        }
        may_stream
    }
}
