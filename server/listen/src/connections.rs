//! Counters of a server's connections.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Counters of a server's connections, such as open, accepted and refused connections. Clones share the counters.
#[derive(Clone, Debug, Default)]
pub struct Connections {
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    open: AtomicUsize,
    accepted: AtomicU64,
    failures: AtomicU64,
    refused: AtomicU64,
}

impl Connections {
    /// Returns the number of open connections, including those in their TLS handshake.
    #[must_use]
    pub fn open(&self) -> usize {
        self.counts.open.load(Ordering::Acquire)
    }

    /// Returns the number of connections accepted so far. Connections that were closed at once because of a limit are not counted.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.counts.accepted.load(Ordering::Relaxed)
    }

    /// Returns the number of times that the operating system failed to hand over a connection, for example for lack of file descriptors.
    /// Failures because the peer had gone are not counted.
    #[must_use]
    pub fn accept_failures(&self) -> u64 {
        self.counts.failures.load(Ordering::Relaxed)
    }

    /// Returns the number of connections that were refused because a limit was reached: they were closed at once, or were accepted beyond the
    /// limits for a health check, and closed because of another request.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.counts.refused.load(Ordering::Relaxed)
    }

    pub(super) fn count_refused(&self) {
        self.counts.refused.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn accept_failed(&self) {
        self.counts.failures.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn opened(&self) {
        self.counts.accepted.fetch_add(1, Ordering::Relaxed);
        self.counts.open.fetch_add(1, Ordering::AcqRel);
    }

    pub(super) fn closed(&self) {
        self.counts.open.fetch_sub(1, Ordering::AcqRel);
    }
}
