//! The phases of a server until its end. Connections can wait for the next phase.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    Serving,
    /// No further connections are accepted. Open connections end as soon as their requests in flight have ended.
    Draining,
    /// Every connection that is still open is closed at once, because the grace period has ended or the future of `serve` was dropped.
    Cut,
}

#[derive(Debug, Default)]
pub(super) struct Phases {
    phase: AtomicU8,
    changed: Notify,
}

impl Phases {
    pub(super) fn current(&self) -> Phase {
        match self.phase.load(Ordering::Acquire) {
            0 => Phase::Serving,
            1 => Phase::Draining,
            _ => Phase::Cut,
        }
    }

    /// Enters the phase `to`, and notifies all connections that wait for a change. If the server is already in a later phase, that phase is
    /// kept.
    pub(super) fn advance(&self, to: Phase) {
        self.phase.fetch_max(to as u8, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    /// Returns a future that resolves at the next call of [`Phases::advance`] after this call. Read [`Phases::current`] after creating the
    /// future, so that no change is missed.
    pub(super) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }
}
