//! The outcomes of requests, and the time of the request that follows each outcome.

use std::mem;
use std::time::Duration;

use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::status::Connection;

use super::state::FeatureHub;
use crate::config::{DEFAULT_INTERVAL, HELD_BACK_INTERVAL, Mode};
use crate::delay::{shortest, within};
use crate::kernel::{Kernel, State};

impl Kernel<FeatureHub> {
    /// Records that the Edge has sent or confirmed features. `doubt` is the problem of these features; `None` if they have no problem.
    pub(super) fn good(&mut self, doubt: Option<Problem>) {
        let has_failed = mem::take(&mut self.status.attempts) > 0;
        // If `poll_until` is set, the client polls only because it cannot stream.
        let polls_instead = !matches!(self.state, State::Streaming { .. })
            && self.streams()
            && self.poll_until.is_some();
        let is_held_back = polls_instead && self.are_streams_held_back();
        if is_held_back && has_failed {
            self.notice(Notice::StreamsHeldBack);
        }
        let cause = match (polls_instead, is_held_back) {
            (false, _) => None,
            (true, false) => Some(Problem::NoStreaming),
            (true, true) => Some(Problem::HeldBack),
        };
        self.status.problem = doubt.or(cause);
        self.refused.reset();
    }

    /// Records that a poll succeeded, and waits as the mode requires. `doubt` is the problem of the received features, as for
    /// [`Self::good`].
    pub(super) fn poll_succeeded(&mut self, doubt: Option<Problem>) {
        self.good(doubt);
        match self.gap.take() {
            // The poll says nothing about streams, so their delays do not begin anew.
            Some(gap) => self.wait(gap),
            None => {
                self.backoff.reset();
                self.rest();
            }
        }
        self.settle(&Ok(()));
    }

    /// Sets the state after a successful poll: a one-off client is done, and other clients wait for the next poll or the next attempt to
    /// stream.
    fn rest(&mut self) {
        let next = self.now.after(self.own.interval);
        self.state = match self.config.mode {
            Mode::Passive(_) => State::Fresh { until: next },
            Mode::Once => State::Done,
            Mode::Streaming | Mode::Polling(_) | Mode::Offline => {
                let at = match self.poll_until {
                    _ if !self.streams() => next,
                    Some(again) => again.min(next),
                    // The client polled because it was suspended. Its stream follows as soon as the suspension ends.
                    None => self.now,
                };
                State::Due { at, as_: Connection::Resting }
            }
        };
    }

    /// Records a failed attempt, and schedules a retry as in [`Self::wait`]. If `at_least` is given, the retry follows after at least this
    /// time.
    pub(super) fn request_failed(&mut self, problem: Problem, at_least: Option<Duration>) {
        if self.are_streams_held_back() {
            // A poll fails as well, so the Edge may be the cause, and streaming is retried.
            self.poll_until = None;
        }
        let delay = if let Some(gap) = self.gap.take() {
            gap
        } else if self.streams() && self.poll_until.is_none() {
            self.next_delay(self.timing.backoff.cap).max(self.own.reconnect_floor)
        } else if self.own.held.is_current() && self.own.access.had_contact() {
            // A polling client that has features from the Edge waits for the time of the next poll (sdk-behaviour 2.9.2), or of the next
            // attempt to stream, before it retries.
            let again = self.poll_until.filter(|_| self.streams());
            let delay = again
                .map_or(self.own.interval, |again| again.since(self.now).min(self.own.interval));
            delay.max(shortest(&self.config.backoff))
        } else {
            let cap = match self.config.mode {
                Mode::Once => self.config.backoff.cap,
                _ => self.own.interval.max(self.config.backoff.initial),
            };
            self.next_delay(cap)
        };
        self.retry(problem, delay.max(at_least.unwrap_or_default()));
    }

    /// Handles the end of a stream that the Edge announced with `bye`. Such an end is not a problem.
    pub(super) fn come_back(&mut self) {
        let delay = within(&self.config.return_within, &mut self.random);
        self.wait(delay.max(self.own.reconnect_floor));
        self.settle(&Ok(()));
    }

    /// Records that the Edge refuses this client. The status shows the problem at once. A retry is scheduled as in [`Self::wait`], after
    /// the delays of `Config::refused`, because an Edge may refuse clients during its own outages. No refusal stops a client without
    /// features for good. If `at_least` is given, the retry follows after at least this time.
    pub(super) fn refuse(&mut self, problem: Problem, at_least: Option<Duration>) {
        self.own.access.refuse();
        self.gap = None;
        self.retry_refused(problem, at_least);
    }

    /// Stops sending requests because the Edge wants no more requests. Features that are served remain served.
    pub(super) fn halt_stale(&mut self) {
        self.status.problem = Some(Problem::Stale);
        self.state = State::Halted;
        let outcome = if self.own.held.is_current() { Ok(()) } else { Err(Problem::Stale) };
        self.settle(&outcome);
    }

    /// Schedules the next request after the time `pause`, because the Edge has requested this pause. A caller's command may send a
    /// request earlier.
    pub(super) fn pause(&mut self, pause: Duration) {
        self.status.problem = Some(Problem::Stale);
        self.state = State::Due { at: self.now.after(pause), as_: Connection::Paused };
        let outcome = if self.own.held.is_current() { Ok(()) } else { Err(Problem::Stale) };
        self.settle(&outcome);
    }

    /// Returns the time between polls while the Edge requests none.
    pub(super) const fn own_interval(&self) -> Duration {
        match self.config.mode {
            Mode::Polling(interval) | Mode::Passive(interval) => interval,
            _ if self.are_streams_held_back() => HELD_BACK_INTERVAL,
            Mode::Streaming | Mode::Once | Mode::Offline => DEFAULT_INTERVAL,
        }
    }

    /// Starts polling in place of streaming. Streaming is retried later, and as soon as a poll fails if streams are held back.
    pub(super) fn fall_back(&mut self, problem: Problem) {
        if self.are_streams_held_back() {
            self.own.interval = self.own_interval();
        }
        self.poll_until = Some(self.now.after(self.config.stream_again_after));
        self.status.problem = Some(problem);
        self.connect();
    }
}
