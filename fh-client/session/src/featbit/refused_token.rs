//! Handles a refused token, which may be the fault of a clock that is off.

use std::mem;

use fh_repository::notice::Notice;
use fh_repository::problem::Problem;

use super::state::FeatBit;
use crate::kernel::Kernel;

/// The difference of the clocks in milliseconds above which a token is made with the server's clock.
const TOLERATED: u64 = 1_000;

impl Kernel<FeatBit> {
    /// Handles the close code of a refused token. The commonest innocent cause is a clock that is off.
    pub(super) fn denied(&mut self) {
        if self.own.clock.measured.is_none() && !self.own.clock.is_asked_for {
            // A proxy has removed the date of the answer, so another answer has to show it.
            self.own.clock.is_asked_for = true;
            self.connect();
        } else {
            self.judge_clock();
        }
    }

    /// Handles the answer to a request for the server's time, or its failure.
    pub(super) fn clock_answered(&mut self) {
        self.own.clock.is_asked_for = false;
        self.judge_clock();
    }

    /// Tries again at once with the server's clock if the clocks differ. Otherwise the secret is refused. While it is refused after a
    /// correction, tokens are made with both clocks in turn, because the date may be that of a proxy whose clock is off.
    fn judge_clock(&mut self) {
        let offset = self.own.clock.measured.unwrap_or(self.own.clock.used);
        let is_off = offset.abs_diff(self.own.clock.used) > TOLERATED;
        let servers = if offset.unsigned_abs() > TOLERATED { offset } else { 0 };
        if is_off && !self.own.clock.is_corrected {
            self.own.clock.is_corrected = true;
            self.use_clock(servers);
            if servers != 0 {
                self.notice(Notice::ClockOff { millis: offset });
            }
            self.status.attempts = self.status.attempts.saturating_add(1);
            self.connect();
        } else {
            if self.own.clock.is_corrected {
                self.use_clock(if is_off { servers } else { self.own.clock.former });
            }
            self.refuse(Problem::SecretRefused, None);
        }
    }

    /// Makes later tokens with this difference of the clocks.
    fn use_clock(&mut self, offset: i64) {
        self.own.clock.former = mem::replace(&mut self.own.clock.used, offset);
        self.status.clock_offset = (offset != 0).then_some(offset);
    }
}
