//! The outcomes of requests, and the time of the request that follows each outcome.

use std::mem;
use std::time::Duration;

use fh_repository::notice::Notice;
use fh_repository::problem::Problem;
use fh_repository::status::Connection;

use super::config::Mode;
use super::state::FeatBit;
use crate::config::HELD_BACK_INTERVAL;
use crate::kernel::{Kernel, State};

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

impl Kernel<FeatBit> {
    /// Records that the server has sent or confirmed flags.
    pub(super) fn good(&mut self) {
        self.status.attempts = 0;
        self.own.is_failed = false;
        self.refused.reset();
        let polls_instead =
            !matches!(self.state, State::Streaming { .. }) && self.poll_until.is_some();
        if polls_instead && !mem::replace(&mut self.own.was_noticed, true) {
            self.notice(Notice::SocketsBlocked);
        }
        self.returned();
        let blocked = polls_instead.then(|| Problem::SocketsBlocked(self.own.obstacle.clone()));
        self.status.problem = self.own.full.problem().or(blocked);
    }

    /// Records that a poll succeeded, and waits for the next one.
    pub(super) fn poll_succeeded(&mut self) {
        self.good();
        if let Some(gap) = self.gap.take() {
            // The poll says nothing about sockets, so their delays do not begin anew.
            self.wait(gap);
            return self.settle(&Ok(()));
        }
        self.backoff.reset();
        if self.own.away == MOST_BARREN {
            self.own.away += 1;
        }
        let next = self.now.after(self.interval());
        let at = match self.poll_until {
            Some(again) => again.min(next),
            // The client polled because it was suspended, or because the server seemed to be away. Its socket follows as soon as it can.
            None if self.config.mode == Mode::Streaming && self.own.has_sockets => self.now,
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
                self.own.barren = self.own.barren.saturating_add(1);
                self.own.barren >= MOST_BARREN
            }
            // A poll was answered meanwhile, so the server is there, and only sockets fail.
            Failure::Away => self.own.away > MOST_BARREN,
            Failure::NoTunnel => true,
            Failure::Other => false,
        };
        if is_blocked {
            self.own.obstacle = match (failure, &problem) {
                (Failure::NoTunnel, Problem::Unreachable(why)) => Some(why.clone()),
                _ => None,
            };
            self.poll_until = Some(self.now.after(self.config.stream_again_after));
            self.count_failure(problem);
            // The poll shows whether the server is away.
            return self.connect();
        }
        if has_message {
            return self.retry_dropped(problem, Duration::ZERO);
        }
        self.poll_failed(problem, at_least);
        if failure == Failure::Away {
            self.own.away += 1;
        }
    }

    /// Records a failed attempt, and schedules a retry after at least `at_least`.
    pub(super) fn poll_failed(&mut self, problem: Problem, at_least: Option<Duration>) {
        self.absent(self.last_contact.unwrap_or(self.now));
        // A poll fails as well, so the server was away, and a socket is tried again.
        self.poll_until = None;
        self.unseen();
        let polls = self.config.mode != Mode::Streaming || !self.own.has_sockets;
        let delay = if let Some(gap) = self.gap.take() {
            gap
        } else if polls && self.own.has_contact {
            self.interval()
        } else {
            self.next_delay(self.timing.backoff.cap)
        };
        self.retry(problem, delay.max(at_least.unwrap_or_default()));
    }

    /// Records that the server refuses the secret. A retry follows after the delays of `Config::refused`, because secrets are rotated.
    pub(super) fn refuse(&mut self, problem: Problem, at_least: Option<Duration>) {
        self.absent(self.last_contact.unwrap_or(self.now));
        self.own.is_failed = !self.own.is_served;
        self.poll_until = None;
        self.unseen();
        self.retry_refused(problem, at_least);
    }

    /// Begins the count of sockets anew if a poll failed after several of them, or while the client polled instead.
    const fn unseen(&mut self) {
        if self.own.away >= MOST_BARREN {
            self.own.away = 0;
        }
    }
}
