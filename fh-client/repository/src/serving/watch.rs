//! Waiting for a change of features or status, with any executor.

use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

use super::write::WaitingTasks;
use super::{Inner, Repository};
use crate::rules::Rules;

/// A handle with which a task waits for updates of a repository; see [`Repository::watch`].
///
/// The handle stores no changes: a task that is woken reads the present state. Updates that arrive faster than the task runs are merged
/// into one. The handle does not keep the repository alive.
pub struct RepositoryWatch {
    repository: Weak<Inner>,
    id: u64,
    /// The number of updates of the repository at the last call of [`Self::poll_changed`] that returned ready, or at the creation of the
    /// handle.
    seen: u64,
}

impl Repository {
    /// Returns a handle with which a task waits for updates from now on. An update is a publication or revocation of features, a status, or
    /// the close or the end of the repository. A release is an update too, unless the last update is served already. A publication counts
    /// even if its features are held back or look the same to readers.
    ///
    /// ```
    /// # use fh_repository::{Repository, RepositoryOptions};
    /// # use fh_repository::publication::{Cause, Publication};
    /// # use fh_repository::rules::Rules;
    /// # use fh_eval::Timestamp;
    /// # use std::sync::Arc;
    /// use std::task::{Context, Waker};
    /// let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
    /// let mut watch = repository.watch();
    /// let mut context = Context::from_waker(Waker::noop()); // an async function calls `watch.changed().await`
    /// assert!(watch.poll_changed(&mut context).is_pending());
    /// repository.publish(Publication { rules: Arc::new(Rules::default()), cause: Cause::First });
    /// assert!(watch.poll_changed(&mut context).is_ready());
    /// assert!(watch.poll_changed(&mut context).is_pending());
    /// ```
    #[must_use]
    pub fn watch(&self) -> RepositoryWatch {
        let id = self.inner.core.next_id();
        let seen = self.inner.write().waiting_tasks.updates;
        RepositoryWatch { repository: Arc::downgrade(&self.inner), id, seen }
    }

    /// Returns the features that were published last, even if catch & release holds them back, without the features of revoked
    /// environments.
    #[must_use]
    pub fn latest(&self) -> Arc<Rules> {
        let write = self.inner.write();
        write.latest.clone().unwrap_or_else(|| Arc::clone(self.inner.live.load().rules()))
    }
}

impl RepositoryWatch {
    /// Waits for the next update. Returns at once if an update came after the last call that returned (or the last [`Self::poll_changed`]
    /// that was ready), or after the creation of the handle if there was none. Also returns at once if the repository does not exist any
    /// more.
    pub async fn changed(&mut self) {
        poll_fn(|cx| self.poll_changed(cx)).await;
    }

    /// Polls for the next update; see [`Self::changed`]. If there is no update, returns [`Poll::Pending`], and wakes the task of `cx` at
    /// the next update.
    pub fn poll_changed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(repository) = self.repository.upgrade() else { return Poll::Ready(()) };
        let mut write = repository.write();
        let WaitingTasks { updates, wakers } = &mut write.waiting_tasks;
        if *updates != self.seen {
            self.seen = *updates;
            return Poll::Ready(());
        }
        let former = remove(wakers, self.id);
        wakers.push((self.id, cx.waker().clone()));
        drop(write);
        drop(former);
        Poll::Pending
    }
}

impl Drop for RepositoryWatch {
    fn drop(&mut self) {
        if let Some(repository) = self.repository.upgrade() {
            let mut write = repository.write();
            let waker = remove(&mut write.waiting_tasks.wakers, self.id);
            drop(write);
            drop(waker);
        }
    }
}

/// Removes the waker of a watch, and returns it; `None` if the watch has no waker. The caller drops the waker with no lock held, because a
/// waker may own anything, even a handle of this repository.
fn remove(wakers: &mut Vec<(u64, Waker)>, id: u64) -> Option<(u64, Waker)> {
    let position = wakers.iter().position(|(other, _)| *other == id)?;
    Some(wakers.swap_remove(position))
}

impl fmt::Debug for RepositoryWatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RepositoryWatch").finish_non_exhaustive()
    }
}
