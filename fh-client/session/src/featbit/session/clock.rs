//! The difference between the server's clock and this machine's, and what follows from a refused token.

use std::mem;

use fh_eval::Timestamp;
use fh_repository::notice::Notice;
use fh_repository::problem::Problem;

use super::Session;
use crate::action::{Action, ResponseHead};
use crate::response_class::http_date;

/// The difference of the clocks in milliseconds above which a token is made with the server's clock.
const TOLERATED: u64 = 1_000;

/// The server's clock, as far as its answers show it.
#[derive(Debug, Default)]
pub(super) struct ServerClock {
    /// The difference between the server's clock and this machine's that tokens use, in milliseconds.
    used: i64,
    /// The difference that was used before the correction, while [`Self::is_corrected`].
    former: i64,
    /// The difference that the last answer showed; `None` if it had no date.
    measured: Option<i64>,
    /// True if a refusal has changed the difference, and no message has arrived since.
    is_corrected: bool,
    /// True if the next request asks for the server's time.
    is_asked_for: bool,
}

impl ServerClock {
    /// Reads the date of an answer. A date has whole seconds, so that the server's clock is half a second later on average.
    pub(super) fn measure(&mut self, head: &ResponseHead, wall: Timestamp) {
        let date = head.get("date").and_then(|date| http_date(date.trim()));
        let offset =
            |date: Timestamp| date.as_millis().saturating_add(500).saturating_sub(wall.as_millis());
        self.measured = date.map(offset);
    }

    /// Returns the time of a token that is made now.
    pub(super) const fn token_time(&self, wall: Timestamp) -> i64 {
        wall.as_millis().saturating_add(self.used)
    }

    /// Records that the server has accepted a token.
    pub(super) const fn accepted(&mut self) {
        self.is_corrected = false;
    }

    pub(super) const fn is_asked_for(&self) -> bool {
        self.is_asked_for
    }
}

impl Session {
    /// Handles the close code of a refused token. The commonest innocent cause is a clock that is off.
    pub(super) fn denied(&mut self) {
        if self.clock.measured.is_none() && !self.clock.is_asked_for {
            // A proxy has removed the date of the answer, so another answer has to show it.
            self.clock.is_asked_for = true;
            self.connect();
        } else {
            self.judge_clock();
        }
    }

    /// Handles the answer to a request for the server's time, or its failure.
    pub(super) fn clock_answered(&mut self) {
        self.clock.is_asked_for = false;
        self.judge_clock();
    }

    /// Tries again at once with the server's clock if the clocks differ. Otherwise the secret is refused. While it is refused after a
    /// correction, tokens are made with both clocks in turn, because the date may be that of a proxy whose clock is off.
    fn judge_clock(&mut self) {
        let offset = self.clock.measured.unwrap_or(self.clock.used);
        let is_off = offset.abs_diff(self.clock.used) > TOLERATED;
        let servers = if offset.unsigned_abs() > TOLERATED { offset } else { 0 };
        if is_off && !self.clock.is_corrected {
            self.clock.is_corrected = true;
            self.use_clock(servers);
            if servers != 0 {
                self.actions.push_back(Action::Notice(Notice::ClockOff { millis: offset }));
            }
            self.status.attempts = self.status.attempts.saturating_add(1);
            self.connect();
        } else {
            if self.clock.is_corrected {
                self.use_clock(if is_off { servers } else { self.clock.former });
            }
            self.refuse(Problem::SecretRefused, None);
        }
    }

    /// Makes later tokens with this difference of the clocks.
    fn use_clock(&mut self, offset: i64) {
        self.clock.former = mem::replace(&mut self.clock.used, offset);
        self.status.clock_offset = (offset != 0).then_some(offset);
    }
}
