//! Pending revocations: keys that a newly loaded state does not contain any more. For a short delay, these keys can still read the last
//! generation that contained them, since an editor or a program may have written only half of a state file.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;
use uuid::Uuid;

use super::grant::{Grant, Grants};
use super::published::Published;
use super::published_cell::PublishedCell;

/// A key whose revocation is pending, and the data that it can still read.
#[derive(Debug, Clone)]
pub(crate) struct PendingRevocation {
    /// The cell that published [`Self::published`].
    pub(crate) cell: Arc<PublishedCell>,
    /// The last generation in which the key was valid.
    pub(crate) published: Arc<Published>,
    pub(crate) grant: Grant,
    /// The end of the delay. From this time on, the key is unknown, unless it was added again.
    pub(crate) until: Instant,
}

/// All pending revocations. In most cases there are none.
#[derive(Debug, Default)]
pub(super) struct PendingRevocations {
    groups: ArcSwap<Vec<Group>>,
}

/// The keys that one change removed from an environment.
#[derive(Clone)]
struct Group {
    cell: Arc<PublishedCell>,
    published: Arc<Published>,
    secrets: HashSet<Box<str>>,
    until: Instant,
}

impl PendingRevocations {
    pub(super) fn get(&self, id: Uuid, secret: &str) -> Option<PendingRevocation> {
        let groups = self.groups.load();
        let is_meant = |group: &&Group| group.published.id == id && group.secrets.contains(secret);
        let group = groups.iter().find(is_meant)?;
        if group.until <= Instant::now() {
            // All groups that have expired are removed, which frees the memory of their generations.
            self.change(|_| {});
            return None;
        }
        Some(PendingRevocation {
            cell: Arc::clone(&group.cell),
            published: Arc::clone(&group.published),
            grant: group.published.grants.get(secret)?.clone(),
            until: group.until,
        })
    }

    /// Updates the pending revocations of an environment before its keys change to `next`. Keys of its current generation that are not in
    /// `next` get a pending revocation for this delay. For keys in `next`, pending revocations end.
    pub(super) fn update(
        &self,
        id: Uuid,
        cell: Option<Arc<PublishedCell>>,
        next: &Grants,
        delay: Duration,
    ) {
        let left = cell.and_then(|cell| {
            let published = cell.current();
            let gone = published.grants.secrets().filter(|secret| next.get(secret).is_none());
            let secrets: HashSet<Box<str>> = gone.map(Into::into).collect();
            let until = Instant::now() + delay;
            (!secrets.is_empty()).then_some(Group { cell, published, secrets, until })
        });
        if left.is_none() && self.groups.load().is_empty() {
            return;
        }
        self.change(|groups| {
            for known in groups.iter_mut().filter(|known| known.published.id == id) {
                known.secrets.retain(|secret| next.get(secret).is_none());
            }
            groups.extend(left.clone());
        });
    }

    /// Ends all pending revocations at once, so that the removed keys can no longer read.
    pub(super) fn end(&self) {
        self.change(Vec::clear);
    }

    /// Changes the groups with `change`, and then removes the groups that are empty or have expired.
    fn change(&self, change: impl Fn(&mut Vec<Group>)) {
        self.groups.rcu(|groups| {
            let mut next = Vec::clone(groups);
            change(&mut next);
            let now = Instant::now();
            next.retain(|group| !group.secrets.is_empty() && now < group.until);
            next
        });
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let id = self.published.id;
        f.debug_struct("Group")
            .field("environment", &id)
            .field("keys", &self.secrets.len())
            .finish()
    }
}
