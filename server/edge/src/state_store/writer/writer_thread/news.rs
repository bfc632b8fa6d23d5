//! The commits of other servers, which the writer takes over before it decides.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::WriterThread;
use crate::state_store::StateStore;
use crate::state_store::commit::{ForeignCommit, ForeignUpdate, NotCommitted};

/// The longest time for which the writer tries to find out whether a commit was made.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(50);

impl WriterThread {
    /// Locks the change store, and takes over what other servers have committed.
    pub(super) fn begin_batch(&mut self) -> Result<(), NotCommitted> {
        let news = self.change_store.begin()?;
        let taken = self.take_news(news);
        if taken.is_err() {
            self.change_store.abandon();
        }
        taken
    }

    /// Takes over and publishes the commits of other servers. The change store is locked.
    fn take_news(&mut self, news: ForeignUpdate) -> Result<(), NotCommitted> {
        match news {
            ForeignUpdate::Nothing => Ok(()),
            ForeignUpdate::Commits(commits) => self.take_commits(commits),
            ForeignUpdate::State(next) => self.take_state(*next),
        }
    }

    fn take_commits(&mut self, commits: Vec<ForeignCommit>) -> Result<(), NotCommitted> {
        let mut changed: BTreeMap<Uuid, BTreeSet<Arc<str>>> = BTreeMap::new();
        let mut is_complete = true;
        for commit in commits {
            for change in commit.changes {
                is_complete &= self.store.apply(&change);
                changed.entry(change.environment).or_default().insert(change.feature);
            }
            self.store.set_revision(commit.revision);
        }
        self.publish_batch(&changed);
        if is_complete {
            return Ok(());
        }
        self.change_store.distrust();
        Err(NotCommitted::Away("the log names a feature that this server does not have".into()))
    }

    /// Serves the state of the change store. If it is older than the state that is served, because the database lost commits, clients
    /// would ignore its values, so it is stored again with a higher revision and higher versions.
    fn take_state(&mut self, mut next: StateStore) -> Result<(), NotCommitted> {
        if next.rise_above(&self.store) {
            tracing::warn!(
                revision = next.state().revision,
                "the database has lost commits, so the versions of its values are raised"
            );
            if let Err(why) = self.change_store.rewrite(&next) {
                self.change_store.distrust();
                // The changes that wait for the lock were not made, whatever became of this commit.
                return Err(NotCommitted::Away(why.to_string()));
            }
            // The commit has ended the lock.
            self.serve(next);
            return self.begin_batch();
        }
        self.serve(next);
        Ok(())
    }

    /// Serves a state from the change store.
    fn serve(&mut self, next: StateStore) {
        self.store = next;
        self.publish_all(Duration::ZERO);
        self.loading.set_loaded();
    }

    /// Takes over what other servers have committed, without a lock.
    pub(super) fn refresh(&mut self) {
        let taken = match self.change_store.read() {
            Ok(ForeignUpdate::State(mut next)) => match next.rise_above(&self.store) {
                // The state is read again with the lock, because it has to be changed.
                true => {
                    self.change_store.distrust();
                    self.begin_batch().map(|()| self.change_store.abandon())
                }
                false => {
                    self.serve(*next);
                    Ok(())
                }
            },
            Ok(news) => self.take_news(news),
            Err(why) => Err(why),
        };
        match taken {
            Ok(()) => self.change_store.taken_over(&self.store),
            Err(why) => tracing::debug!(%why, "the commits of other servers could not be read"),
        }
    }

    /// Finds out whether a commit was made whose outcome is unknown. The commit was undone in memory. If it was made, this function takes
    /// it over like the commits of other servers.
    pub(super) fn settle(&mut self) -> Result<(), NotCommitted> {
        let until = Instant::now() + PATIENCE;
        // A commit that raises versions in the meantime may have an unknown outcome of its own.
        let unknown = self.change_store.take_unknown();
        loop {
            let found = self.begin_batch().and_then(|()| match &unknown {
                Some(commit) => self.change_store.contains(commit),
                None => Ok(false),
            });
            self.change_store.abandon();
            match found {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    return Err(NotCommitted::Away("the database did not store it".into()));
                }
                Err(why) if Instant::now() >= until => {
                    return Err(NotCommitted::Unknown(why.to_string()));
                }
                Err(_) => thread::sleep(PAUSE),
            }
        }
    }
}
