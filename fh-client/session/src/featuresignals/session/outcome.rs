//! The outcomes of polls, and the time of the poll that follows each outcome.

use std::time::Duration;

use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::status::Connection;
use fh_repository::time::Millis;

use super::stream::MOST_REFUSALS;
use super::{Session, State};
use crate::action::Action;
use crate::delay::within;
use crate::featuresignals::config::{Config, Mode};

/// The least time between two polls that the events of a stream cause.
const EVENT_PACE: Duration = Duration::from_secs(1);
/// The share of an interval by which it may be shorter or longer, so that clients that start together do not poll together.
const SPREAD: u32 = 10;

impl Session {
    /// Records that a poll succeeded, and waits for the next one.
    pub(super) fn good(&mut self) {
        self.has_contact = true;
        self.backoff.reset();
        self.refused.reset();
        if std::mem::take(&mut self.is_away) {
            self.stream_again();
        }
        self.note_refusals();
        self.settle(&Ok(()));
        self.state = match self.config.mode {
            Mode::Once => State::Done,
            _ if self.poll_again => {
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
        let polls_work = self.has_contact && self.status.attempts == 0;
        if self.refusals < MOST_REFUSALS || !polls_work {
            return;
        }
        self.status.problem.get_or_insert(Problem::NoStreaming);
        if !std::mem::replace(&mut self.was_noticed, true) {
            self.actions.push_back(Action::Notice(Notice::StreamsRefused));
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
            State::Polling(_) => self.poll_again = true,
            State::Due { as_: Connection::Waiting, .. } => {}
            State::Due { .. } => {
                let at = self.earliest_of_event();
                if let State::Due { at: due, .. } = &mut self.state {
                    *due = at.min(*due);
                }
                self.tick_poll();
            }
            State::Idle | State::Done | State::Offline | State::Stopped => {}
        }
    }

    fn tick_poll(&mut self) {
        if let State::Due { at, .. } = &self.state
            && *at <= self.now
            && !self.is_dormant()
        {
            self.begin_poll();
        }
    }

    fn earliest_of_event(&self) -> Millis {
        self.last_poll.map_or(self.now, |begun| begun.after(EVENT_PACE).max(self.now))
    }

    /// Records a failed poll, and schedules a retry after at least `at_least`.
    pub(super) fn trouble(&mut self, problem: Problem, at_least: Option<Duration>) {
        let backoff = &self.config.backoff;
        let cap = match self.config.mode {
            Mode::Polling(interval) | Mode::Streaming(interval) if self.has_contact => {
                interval.max(backoff.initial)
            }
            _ => backoff.cap,
        };
        let delay = self.backoff.next(backoff, cap, &mut self.random);
        self.retry(problem, delay.max(at_least.unwrap_or_default()));
    }

    /// Records that the server refuses the client. A retry follows after the delays of `Config::refused`, because a key may become valid.
    pub(super) fn refuse(&mut self, problem: Problem, at_least: Option<Duration>) {
        self.is_failed = !self.is_served && !self.has_contact;
        let refused = &self.config.refused;
        let delay = self.refused.next(refused, refused.cap, &mut self.random);
        self.retry(problem, delay.max(at_least.unwrap_or_default()));
    }

    fn retry(&mut self, problem: Problem, delay: Duration) {
        self.status.attempts = self.status.attempts.saturating_add(1);
        self.is_away = true;
        self.status.problem = Some(problem.clone());
        self.state = State::Due { at: self.now.after(delay), as_: Connection::Waiting };
        self.settle(&Err(problem));
        self.begin_next();
    }
}
