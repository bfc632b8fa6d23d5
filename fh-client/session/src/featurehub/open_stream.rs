//! An open stream and its time limits.

use std::time::Duration;

use fh_repository::problem::{Problem, Stage};
use fh_repository::time::Millis;

use crate::config::Limits;
use crate::sse::{Decoder, Limits as SseLimits};

pub(super) struct Stream {
    pub(super) opened: Millis,
    /// True once the stream has sent a list of features. Heartbeats and single features do not count.
    pub(super) has_data: bool,
    /// The problem of the stream's last list; `None` if the list had no problem.
    pub(super) doubt: Option<Problem>,
    /// True if the Edge has announced with `bye` that it will close the stream.
    pub(super) said_bye: bool,
    /// True if the Edge wants no further requests (status 236).
    pub(super) last: bool,
    pub(super) decoder: Decoder,
    bytes: u64,
    /// The time of the last progress: the begin of the stream, a complete event or comment, or a sufficient number of bytes.
    progress_from: Millis,
    /// Number of bytes that arrived after `progress_from`.
    progress_bytes: u64,
    last_byte: Millis,
    pub(super) last_line: Millis,
    /// The time at which the unfinished line or event began; `None` if neither is unfinished.
    pub(super) begun: Option<Millis>,
}

impl Stream {
    pub(super) fn new(now: Millis, limit: usize, last: bool) -> Self {
        Self {
            opened: now,
            has_data: false,
            doubt: None,
            said_bye: false,
            last,
            decoder: Decoder::new(SseLimits { event: limit }),
            bytes: 0,
            progress_from: now,
            progress_bytes: 0,
            last_byte: now,
            last_line: now,
            begun: None,
        }
    }

    /// Records bytes that arrived now. Bytes that arrive at the time of the last progress do not count, so that the result does not depend
    /// on the sizes of chunks.
    pub(super) fn arrived(&mut self, bytes: usize, now: Millis, limits: &Limits) {
        let bytes = bytes as u64;
        self.bytes = self.bytes.saturating_add(bytes);
        self.last_byte = now;
        if now > self.progress_from {
            self.progress_bytes = self.progress_bytes.saturating_add(bytes);
        }
        let enough = u128::from(Limits::SLOWEST) * limits.held_back.as_millis();
        if u128::from(self.progress_bytes) * 1_000 >= enough {
            self.progress(now);
        }
    }

    /// Records that the stream is not held back.
    pub(super) const fn progress(&mut self, now: Millis) {
        self.progress_from = now;
        self.progress_bytes = 0;
    }

    /// Returns the time at which the stream is aborted if no more bytes arrive, and the problem that is then reported.
    pub(super) fn deadline(&self, limits: &Limits) -> (Millis, Problem) {
        let (until, stage) = self.time_limit(limits);
        let held_back = self.progress_from.after(limits.held_back);
        if !self.has_data && held_back <= until {
            return (held_back, Problem::HeldBack);
        }
        (until, Problem::TimedOut(stage))
    }

    /// Returns the time at which the next time limit passes if no more bytes arrive, and the stage that is then reported as too slow.
    fn time_limit(&self, limits: &Limits) -> (Millis, Stage) {
        let at_least = |bytes: u64| limits.idle.max(Duration::from_secs(bytes / Limits::SLOWEST));
        let idle = match self.begun {
            None => (self.last_line.after(limits.idle), Stage::Silence),
            Some(begun) => {
                let silence = (self.last_byte.after(limits.idle), Stage::Silence);
                let event = at_least(self.decoder.unfinished() as u64);
                silence.min((begun.after(event), Stage::Event))
            }
        };
        if self.has_data {
            return idle;
        }
        idle.min((self.opened.after(at_least(self.bytes)), Stage::FirstEvent))
    }
}
