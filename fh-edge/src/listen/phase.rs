//! How far a listener is on its way to the end, and how its connections hear of it.

use std::sync::atomic::{AtomicU8, Ordering};

use tokio::sync::Notify;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    Serving,
    /// No further requests; those in flight may end.
    Draining,
    /// Every connection ends now.
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

    /// Never goes back.
    pub(super) fn advance(&self, to: Phase) {
        self.phase.fetch_max(to as u8, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    /// Resolves at the next change after this call. Ask for [`Phases::current`] after making it.
    pub(super) fn changed(&self) -> tokio::sync::futures::Notified<'_> {
        self.changed.notified()
    }
}
