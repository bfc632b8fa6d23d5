//! The store of changes behind the writer: the data folder of this server, or a database that several servers share.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use super::logged_change::LoggedChange;
use super::record::{ChangeStoreError, Record};
use super::store::StateStore;

/// A batch of changes to store.
pub(crate) struct Commit<'a> {
    /// The revision of the state before the changes.
    pub(crate) before: u64,
    /// The state with the changes.
    pub(crate) store: &'a StateStore,
    /// All changes in the order in which they were made. One value may be changed several times.
    pub(crate) changes: &'a [LoggedChange],
}

impl Commit<'_> {
    /// Returns the record of each changed value, in the order of environments and features.
    pub(crate) fn records(&self) -> Vec<Record> {
        let places: BTreeSet<(Uuid, &Arc<str>)> =
            self.changes.iter().map(|change| (change.environment, &change.feature)).collect();
        places.into_iter().filter_map(|(id, key)| self.store.record(id, key)).collect()
    }
}

/// The commits of other servers since the last ones that the store returned.
#[derive(Debug)]
pub(crate) enum ForeignUpdate {
    Nothing,
    /// The commits in their order.
    Commits(Vec<ForeignCommit>),
    /// The whole state, because this server has none yet, because another server replaced the state, or because the commit that this
    /// server holds is not in the store.
    State(Box<StateStore>),
}

/// The changes that another server stored together.
#[derive(Debug)]
pub(crate) struct ForeignCommit {
    /// The revision of the state after the changes.
    pub(crate) revision: u64,
    pub(crate) changes: Vec<LoggedChange>,
}

/// The reason why a batch of changes was not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotCommitted {
    /// The store refused the batch. It contains none of the changes, or the writer writes the whole store again.
    Refused(String),
    /// The store cannot be reached or cannot be used now. It contains none of the changes.
    Away(String),
    /// The store did not answer, so it is unknown whether it contains the changes.
    Unknown(String),
}

impl From<ChangeStoreError> for NotCommitted {
    fn from(why: ChangeStoreError) -> Self {
        Self::Refused(why.0)
    }
}

impl fmt::Display for NotCommitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Refused(why) | Self::Away(why) | Self::Unknown(why)) = self;
        f.write_str(why)
    }
}

/// A commit of a shared store: the revision of the state before it, and its random id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitId {
    pub(crate) before: i64,
    pub(crate) id: String,
}

/// A store of changes. Except in [`NoPersistence`], a committed change survives even if the process is killed.
///
/// A store that only this server changes needs only the two functions that write.
pub(crate) trait ChangeStore: Send {
    /// Returns true if other servers change the store, too. Its content then counts for this server, also at the start.
    fn is_shared(&self) -> bool {
        false
    }

    /// Locks the store against the commits of other servers, and returns those that this server does not hold yet. The next call of
    /// [`Self::commit`], [`Self::rewrite`] or [`Self::abandon`] ends the lock.
    fn begin(&mut self) -> Result<ForeignUpdate, NotCommitted> {
        Ok(ForeignUpdate::Nothing)
    }

    /// Returns the commits of other servers that this server does not hold yet, without a lock.
    fn read(&mut self) -> Result<ForeignUpdate, NotCommitted> {
        Ok(ForeignUpdate::Nothing)
    }

    /// Notes that the writer has published the result of [`Self::read`], with which it serves this state.
    fn taken_over(&mut self, _: &StateStore) {}

    /// Makes the next call of [`Self::begin`] or [`Self::read`] return the whole state, because the writer did not take the last news.
    fn distrust(&mut self) {}

    /// Ends the lock without a commit. Does nothing if there is no lock.
    fn abandon(&mut self) {}

    /// Returns the commit whose outcome was unknown last, once.
    fn take_unknown(&mut self) -> Option<CommitId> {
        None
    }

    /// Returns true if the locked store contains this commit.
    fn contains(&mut self, _: &CommitId) -> Result<bool, NotCommitted> {
        Ok(false)
    }

    /// Stores either all or none of the changes.
    fn commit(&mut self, commit: &Commit<'_>) -> Result<(), NotCommitted>;

    /// Replaces the whole content of the store.
    fn rewrite(&mut self, store: &StateStore) -> Result<(), NotCommitted>;
}

/// A store that keeps nothing, so that changes are lost when the process ends.
pub(crate) struct NoPersistence;

impl ChangeStore for NoPersistence {
    fn commit(&mut self, _: &Commit<'_>) -> Result<(), NotCommitted> {
        Ok(())
    }

    fn rewrite(&mut self, _: &StateStore) -> Result<(), NotCommitted> {
        Ok(())
    }
}
