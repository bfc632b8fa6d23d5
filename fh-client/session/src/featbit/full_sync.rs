//! Requests for everything: at the start, for a refresh, and from time to time. A server reports neither deleted flags nor that its data became
//! older, so that only everything at once shows them.

use std::time::Duration;

use fh_repository::time::Millis;

use super::full::{FullSync, fingerprint};
use super::message::{Event, Sync};
use super::state::FeatBit;
use crate::kernel::Kernel;

/// The shortest mean time between two requests for everything that no program has made.
const EVERY: Duration = Duration::from_secs(3_600);
/// The bytes of an answer for which a second passes before the next such request.
const BYTES_A_SECOND: u64 = 100;
/// The longest absence of the server after which everything is requested at the usual time.
const ABSENCE: Duration = Duration::from_secs(60);

impl Kernel<FeatBit> {
    /// Returns true if the next request asks for everything.
    pub(super) fn asks_for_all(&self) -> bool {
        !self.own.has_full || !self.commands.is_empty() || self.is_full_due()
    }

    /// Returns true if the time of a request for everything has come.
    pub(super) fn is_full_due(&self) -> bool {
        self.own.full.due.is_some_and(|at| at <= self.now)
    }

    /// Returns true if this message would take all flags away although no program has asked. FeatBit's polls check only the form of a secret,
    /// so that a wrong one gets empty lists.
    pub(super) fn refuses(&self, sync: &Sync<'_>) -> bool {
        let is_empty =
            sync.event == Event::Full && sync.flags.is_empty() && sync.segments.is_empty();
        is_empty && self.commands.is_empty() && !self.own.store.is_empty()
    }

    /// Keeps the flags in place of a full message without any, and makes another request for everything due.
    pub(super) fn full_refused(&mut self) {
        let refused = &self.config.refused;
        let delay = self.own.full.delays.next(refused, refused.cap, &mut self.random);
        self.own.full.is_refused = true;
        self.own.full.due = Some(self.now.after(delay));
    }

    /// Returns true if this full message is the one that the client holds. Otherwise the client holds it from now on.
    pub(super) fn full_arrived(&mut self, text: &str) -> bool {
        let print = Some((text.len(), fingerprint(text)));
        let is_equal = self.own.full.last == print;
        let every = EVERY.max(Duration::from_secs(text.len() as u64 / BYTES_A_SECOND));
        let due = self.now.after(every.mul_f64(0.5 + self.random.share()));
        let due = self.config.full_sync.then_some(due);
        self.own.full = FullSync { due, every, last: print, ..FullSync::default() };
        is_equal
    }

    /// Records that the server cannot be reached since this time, or that the client is suspended.
    pub(super) fn absent(&mut self, since: Millis) {
        self.own.full.absent_since.get_or_insert(since);
    }

    /// Records that the server has answered. After an absence, everything is requested soon.
    pub(super) fn returned(&mut self) {
        let Some(since) = self.own.full.absent_since.take() else { return };
        if self.now.since(since) > ABSENCE
            && let Some(due) = &mut self.own.full.due
        {
            let soon = (self.own.full.every / 4).mul_f64(self.random.share());
            *due = self.now.after(soon).min(*due);
        }
    }
}
