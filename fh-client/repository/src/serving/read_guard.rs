//! Access to the current snapshot for a single read.

use std::fmt;
use std::ops::Deref;

use super::Repository;
use super::snapshot::RepositorySnapshot;
use crate::sync::Loaded;

/// The snapshot that was current when [`Repository::read`] was called, borrowed for a read.
pub struct ReadGuard(Loaded<RepositorySnapshot>);

impl Repository {
    /// Returns the current snapshot for a single read, such as `repository.read().string("COLOUR", None)`. The call takes no lock and,
    /// unlike [`Self::snapshot`], usually counts no reference. Drop the guard after the read. For several reads of the same state, use
    /// [`Self::snapshot`].
    #[inline]
    #[must_use]
    pub fn read(&self) -> ReadGuard {
        ReadGuard(self.inner.live.load())
    }
}

impl Deref for ReadGuard {
    type Target = RepositorySnapshot;

    #[inline]
    fn deref(&self) -> &RepositorySnapshot {
        &self.0
    }
}

impl fmt::Debug for ReadGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        RepositorySnapshot::fmt(self, f)
    }
}
