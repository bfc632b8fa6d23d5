//! An open socket and its time limits.

use std::time::Duration;

use fh_eval::SharedText;
use fh_repository::problem::{Problem, Stage};
use fh_repository::time::Millis;

use super::full::fingerprint;
use crate::config::Limits;

/// The time between two pings.
pub(super) const PING_EVERY: Duration = Duration::from_secs(15);

pub(super) struct Socket {
    pub(super) opened: Millis,
    /// True once a message has arrived.
    pub(super) has_message: bool,
    /// The outstanding answer to the request for flags.
    pub(super) awaited: Option<Awaited>,
    pub(super) last_byte: Millis,
    pub(super) next_ping: Millis,
}

/// The answer to a request for flags.
pub(super) struct Awaited {
    since: Millis,
    /// Number of bytes that have arrived since the request and since the last complete message.
    pub(super) bytes: u64,
    /// True if the answer must be a full message, because the request named no version.
    pub(super) is_full: bool,
    /// The patches that arrived before the full message, which is older than they are.
    pub(super) early: Vec<SharedText>,
    pub(super) early_bytes: usize,
}

/// The hashes of the patches that may be pushes or answers: the last one, and the last one before the request was repeated. A server pushes a
/// change once, so a patch that comes again after the request is its answer.
#[derive(Default)]
pub(super) struct Repeats {
    last: Option<u64>,
    before: Option<u64>,
}

impl Repeats {
    pub(super) fn asked_again(&mut self) {
        self.before = self.last.take();
    }

    pub(super) fn is_repeated(&mut self, text: &str) -> bool {
        self.last = Some(fingerprint(text));
        self.before == self.last
    }
}

impl Awaited {
    pub(super) const fn new(since: Millis, is_full: bool) -> Self {
        Self { since, bytes: 0, is_full, early: Vec::new(), early_bytes: 0 }
    }
}

impl Socket {
    pub(super) fn new(now: Millis, is_full: bool) -> Self {
        let awaited = Awaited::new(now, is_full);
        Self {
            opened: now,
            has_message: false,
            awaited: Some(awaited),
            last_byte: now,
            next_ping: now.after(PING_EVERY),
        }
    }

    /// Returns true if the answer to the request for flags has arrived.
    pub(super) const fn is_synchronised(&self) -> bool {
        self.awaited.is_none()
    }

    /// Returns the next time at which the session acts on this socket if nothing arrives, and the problem that it then reports; `None` for a
    /// ping.
    pub(super) fn deadline(&self, limits: &Limits) -> (Millis, Option<Problem>) {
        let silence = (self.last_byte.after(limits.idle), Some(Problem::TimedOut(Stage::Silence)));
        let end = match &self.awaited {
            None => silence,
            Some(awaited) => {
                let problem = Some(Problem::TimedOut(Stage::FirstEvent));
                let answer = limits.held_back;
                let slowest = answer.max(Duration::from_secs(awaited.bytes / Limits::SLOWEST));
                let until = self
                    .last_byte
                    .max(awaited.since)
                    .after(answer)
                    .min(awaited.since.after(slowest));
                (until, problem)
            }
        };
        if end.0 <= self.next_ping { end } else { (self.next_ping, None) }
    }
}
