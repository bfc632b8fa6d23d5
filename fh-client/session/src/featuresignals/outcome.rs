//! The outcomes of polls, and the time of the poll that follows each outcome.

use std::time::Duration;

use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::status::Connection;
use fh_repository::time::Millis;

use super::config::{Config, Mode};
use super::state::FeatureSignals;
use super::stream::MOST_REFUSALS;
use crate::delay::within;
use crate::kernel::{Kernel, State};

/// The least time between two polls that the events of a stream cause.
const EVENT_PACE: Duration = Duration::from_secs(1);
/// The share of an interval by which it may be shorter or longer, so that clients that start together do not poll together.
const SPREAD: u32 = 10;

impl Kernel<FeatureSignals> {
    /// Records that a poll succeeded, and waits for the next one.
    pub(super) fn poll_succeeded(&mut self) {
        self.own.has_contact = true;
        self.backoff.reset();
        self.refused.reset();
        if std::mem::take(&mut self.own.is_away) {
            self.stream_again();
        }
        self.note_refusals();
        self.settle(&Ok(()));
        self.state = match self.config.mode {
            Mode::Once => State::Done,
            _ if self.own.poll_again => {
                State::Due { at: self.earliest_of_event(), as_: Connection::Resting }
            }
            _ => {
                let interval = self.interval();
                let spread = interval / SPREAD;
                let delay = within(
                    &(interval - spread..=interval.saturating_add(spread)),
                    &mut self.random,
                );
                State::Due { at: self.now.after(delay), as_: Connection::Resting }
            }
        };
        self.begin_next();
    }

    /// Reports that the client only polls, because the server refuses streams while it answers polls.
    pub(super) fn note_refusals(&mut self) {
        let polls_work = self.own.has_contact && self.status.attempts == 0;
        if self.own.refusals < MOST_REFUSALS || !polls_work {
            return;
        }
        self.status.problem.get_or_insert(Problem::NoStreaming);
        if !std::mem::replace(&mut self.own.was_noticed, true) {
            self.notice(Notice::StreamsRefused);
        }
    }

    /// Returns the time between the end of a poll and the next one.
    const fn interval(&self) -> Duration {
        match self.config.mode {
            Mode::Polling(interval) | Mode::Streaming(interval) => interval,
            Mode::Once | Mode::Local | Mode::Offline => Config::INTERVAL,
        }
    }

    /// Polls soon, because the server may have other values: after an event, and after the begin and the end of a stream. A poll that waits
    /// after a failure keeps its time.
    pub(super) fn poll_soon(&mut self) {
        match &mut self.state {
            State::Connecting { .. } | State::Fetching(_) => self.own.poll_again = true,
            State::Due { as_: Connection::Waiting, .. } => {}
            State::Due { .. } => {
                let at = self.earliest_of_event();
                if let State::Due { at: due, .. } = &mut self.state {
                    *due = at.min(*due);
                }
                self.tick_poll();
            }
            _ => {}
        }
    }

    fn tick_poll(&mut self) {
        if let State::Due { at, .. } = &self.state
            && *at <= self.now
            && !self.is_dormant()
        {
            self.connect();
        }
    }

    fn earliest_of_event(&self) -> Millis {
        self.own.last_poll.map_or(self.now, |begun| begun.after(EVENT_PACE).max(self.now))
    }

    /// Records a failed poll, and schedules a retry after at least `at_least`.
    pub(super) fn poll_failed(&mut self, problem: Problem, at_least: Option<Duration>) {
        let backoff = &self.config.backoff;
        let cap = match self.config.mode {
            Mode::Polling(interval) | Mode::Streaming(interval) if self.own.has_contact => {
                interval.max(backoff.initial)
            }
            _ => backoff.cap,
        };
        let delay = self.next_delay(cap).max(at_least.unwrap_or_default());
        self.retry(problem, delay);
        self.after_failure();
    }

    /// Records that the server refuses the client. A retry follows after the delays of `Config::refused`, because a key may become valid.
    pub(super) fn refuse(&mut self, problem: Problem, at_least: Option<Duration>) {
        self.own.is_failed = !self.own.is_served && !self.own.has_contact;
        self.retry_refused(problem, at_least);
        self.after_failure();
    }

    fn after_failure(&mut self) {
        self.own.is_away = true;
        self.begin_next();
    }
}
