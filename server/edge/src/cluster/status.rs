//! The state of a server's connection to the cluster's database.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The connection of a server to the database of its cluster.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClusterStatus {
    /// The name of the server in the cluster.
    pub server: Arc<str>,
    /// True if the server has a connection to the database.
    pub is_connected: bool,
    /// The revision of the state that the server serves; 0 before it has a state.
    pub revision: u64,
    /// The time since the last answer of the database; `None` before the first one.
    pub contact_age: Option<Duration>,
    /// The number of commits of this server, and the time that they took together, without the wait for the lock.
    pub commits: (u64, Duration),
    /// The number of commits whose outcome was unknown at first.
    pub unknown_outcomes: u64,
}

/// The figures from which a [`ClusterStatus`] is made.
#[derive(Debug, Default)]
pub(super) struct Status {
    contact: Mutex<Option<Instant>>,
    revision: AtomicU64,
    commits: Mutex<(u64, Duration)>,
    unknown_outcomes: AtomicU64,
}

impl Status {
    /// Notes an answer of the database.
    pub(super) fn contact(&self) {
        *self.contact.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Notes the revision that the server serves.
    pub(super) fn holds(&self, revision: u64) {
        self.revision.store(revision, Ordering::Release);
    }

    pub(super) fn committed(&self, took: Duration) {
        let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
        *commits = (commits.0 + 1, commits.1 + took);
    }

    pub(super) fn unknown_outcome(&self) {
        self.unknown_outcomes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn now(&self, server: &Arc<str>, is_connected: bool) -> ClusterStatus {
        let contact = *self.contact.lock().unwrap_or_else(PoisonError::into_inner);
        ClusterStatus {
            server: Arc::clone(server),
            is_connected,
            revision: self.revision.load(Ordering::Acquire),
            contact_age: contact.map(|contact| contact.elapsed()),
            commits: *self.commits.lock().unwrap_or_else(PoisonError::into_inner),
            unknown_outcomes: self.unknown_outcomes.load(Ordering::Relaxed),
        }
    }
}
