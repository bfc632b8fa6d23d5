//! The outcomes of requests, and the time of the request that follows each outcome.

use std::mem;
use std::time::Duration;

use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::status::Connection;

use super::{Mode, Session, State};
use crate::action::Action;
use crate::config::HELD_BACK_INTERVAL;

/// Number of sockets in a row without a message after which the client polls instead.
pub(super) const MOST_BARREN: u8 = 3;

/// The meaning of a socket that brought no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// Something on the way may block sockets.
    Blocked,
    /// The server may be away. A poll after several such sockets shows whether only sockets fail.
    Away,
    /// The proxy refuses the tunnel of the socket, but may pass polls on.
    NoTunnel,
    /// The socket says neither.
    Other,
}

impl Session {
    /// Records that the server has sent or confirmed flags.
    pub(super) fn good(&mut self) {
        self.status.attempts = 0;
        self.is_failed = false;
        self.refused.reset();
        let polls_instead = !matches!(self.state, State::Open(_)) && self.poll_until.is_some();
        if polls_instead && !mem::replace(&mut self.was_noticed, true) {
            self.actions.push_back(Action::Notice(Notice::SocketsBlocked));
        }
        self.returned();
        let blocked = polls_instead.then(|| Problem::SocketsBlocked(self.obstacle.clone()));
        self.status.problem = self.full.problem().or(blocked);
    }

    /// Records that a poll succeeded, and waits for the next one.
    pub(super) fn answered(&mut self) {
        self.good();
        if let Some(gap) = self.gap.take() {
            // The poll says nothing about sockets, so their delays do not begin anew.
            self.wait(gap, None);
            return self.settle(&Ok(()));
        }
        self.backoff.reset();
        if self.away == MOST_BARREN {
            self.away += 1;
        }
        let next = self.now.after(self.interval());
        let at = match self.poll_until {
            Some(again) => again.min(next),
            // The client polled because it was suspended, or because the server seemed to be away. Its socket follows as soon as it can.
            None if self.config.mode == Mode::Streaming && self.has_sockets => self.now,
            None => next,
        };
        self.state = State::Due { at, as_: Connection::Resting };
        self.settle(&Ok(()));
    }

    /// Returns the time between the end of a poll and the next one.
    const fn interval(&self) -> Duration {
        match self.config.mode {
            Mode::Polling(interval) => interval,
            Mode::Streaming | Mode::Offline => HELD_BACK_INTERVAL,
        }
    }

    /// Handles the end of a socket, or a socket that could not be opened. `failure` is the meaning of a socket without a message.
    pub(super) fn socket_lost(
        &mut self,
        has_message: bool,
        failure: Failure,
        problem: Problem,
        at_least: Option<Duration>,
    ) {
        self.absent(self.last_contact.unwrap_or(self.now));
        // The counts go on while the client polls, so that a later socket without a message leads back to polls at once.
        let is_blocked = match failure {
            Failure::Blocked => {
                self.barren = self.barren.saturating_add(1);
                self.barren >= MOST_BARREN
            }
            // A poll was answered meanwhile, so the server is there, and only sockets fail.
            Failure::Away => self.away > MOST_BARREN,
            Failure::NoTunnel => true,
            Failure::Other => false,
        };
        if is_blocked {
            self.obstacle = match (failure, &problem) {
                (Failure::NoTunnel, Problem::Unreachable(why)) => Some(why.clone()),
                _ => None,
            };
            self.poll_until = Some(self.now.after(self.config.stream_again_after));
            self.status.attempts = self.status.attempts.saturating_add(1);
            self.status.problem = Some(problem);
            // The poll shows whether the server is away.
            return self.connect();
        }
        if !has_message {
            self.trouble(problem, at_least);
            if failure == Failure::Away {
                self.away += 1;
            }
            return;
        }
        self.status.attempts = self.status.attempts.saturating_add(1);
        self.status.problem = Some(problem.clone());
        let (brief, backoff) = (&self.config.return_within, &self.config.backoff);
        // A long wait for the next socket has a poll in its middle.
        let is_long = self.backoff.is_gap_long(backoff);
        let delay = self.backoff.after_drop(brief, backoff, &mut self.random);
        self.gap = is_long.then(|| delay / 2);
        self.wait(self.gap.unwrap_or(delay), at_least);
        self.settle(&Err(problem));
    }

    /// Records a failed attempt, and schedules a retry after at least `at_least`.
    pub(super) fn trouble(&mut self, problem: Problem, at_least: Option<Duration>) {
        self.absent(self.last_contact.unwrap_or(self.now));
        self.status.attempts = self.status.attempts.saturating_add(1);
        self.status.problem = Some(problem.clone());
        // A poll fails as well, so the server was away, and a socket is tried again.
        self.poll_until = None;
        self.unseen();
        let backoff = &self.config.backoff;
        let polls = self.config.mode != Mode::Streaming || !self.has_sockets;
        let delay = if let Some(gap) = self.gap.take() {
            gap
        } else if polls && self.has_contact {
            self.interval()
        } else {
            self.backoff.next(backoff, backoff.cap, &mut self.random)
        };
        self.wait(delay, at_least);
        self.settle(&Err(problem));
    }

    /// Records that the server refuses the secret. A retry follows after the delays of `Config::refused`, because secrets are rotated.
    pub(super) fn refuse(&mut self, problem: Problem, at_least: Option<Duration>) {
        self.absent(self.last_contact.unwrap_or(self.now));
        self.is_failed = !self.is_served;
        self.status.attempts = self.status.attempts.saturating_add(1);
        self.status.problem = Some(problem.clone());
        self.poll_until = None;
        self.unseen();
        let refused = &self.config.refused;
        let delay = self.refused.next(refused, refused.cap, &mut self.random);
        self.wait(delay, at_least);
        self.settle(&Err(problem));
    }

    /// Begins the count of sockets anew if a poll failed after several of them, or while the client polled instead.
    const fn unseen(&mut self) {
        if self.away >= MOST_BARREN {
            self.away = 0;
        }
    }

    fn wait(&mut self, delay: Duration, at_least: Option<Duration>) {
        let at = self.now.after(delay.max(at_least.unwrap_or_default()));
        self.state = State::Due { at, as_: Connection::Waiting };
    }
}
