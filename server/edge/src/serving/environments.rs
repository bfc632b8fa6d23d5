//! All environments by id, and the lookup of API keys in them.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use uuid::Uuid;

use super::grant::{Grant, Grants};
use super::pending_revocation::{PendingRevocation, PendingRevocations};
use super::published::Published;
use super::published_cell::{PublishedCell, WakeOnDrop};
use super::time_scheduler::TimeScheduler;

/// The published data of all environments. A thread that reads features does not wait until another thread has published.
#[derive(Debug, Default)]
pub(crate) struct Environments {
    /// The cells of each environment, by the id of the environment. In most cases an environment has one cell. In a relay it may have
    /// several, one for each client-evaluated key, since upstream keys may see different features.
    by_id: ArcSwap<HashMap<Uuid, Vec<Arc<PublishedCell>>>>,
    scheduler: TimeScheduler,
    pending_revocations: PendingRevocations,
    /// The revision of the state. Its watchers are also woken after publications at which the revision stays the same.
    revision: watch::Sender<u64>,
    /// The revision of the state whose generations are all published.
    served: watch::Sender<u64>,
    /// True once [`Self::close`] was called, because the Edge stops.
    is_closed: AtomicBool,
}

impl Environments {
    /// Starts the thread that publishes a new generation when the outcome of rules on `now` has changed.
    ///
    /// # Errors
    /// Returns the error of the operating system if it refuses to start a thread.
    pub(crate) fn start_clock(&self) -> io::Result<()> {
        self.scheduler.start()
    }

    /// Returns the cell that contains a key, its current generation, and the key's grant. Returns `None` if the environment is unknown or
    /// the key has no rights in it.
    pub(crate) fn open(
        &self,
        id: Uuid,
        secret: &str,
    ) -> Option<(Arc<PublishedCell>, Arc<Published>, Grant)> {
        self.by_id.load().get(&id)?.iter().find_map(|cell| {
            let published = cell.current();
            let grant = published.grants.get(secret)?.clone();
            Some((Arc::clone(cell), published, grant))
        })
    }

    /// Returns the data that a revoked key may still read during the revocation delay; `None` if no revocation of the key is pending.
    pub(crate) fn open_leaving(&self, id: Uuid, secret: &str) -> Option<PendingRevocation> {
        self.pending_revocations.get(id, secret)
    }

    /// Starts the revocation of those keys of an environment that are not in `next`. During `delay`, the removed keys can still read the
    /// current generation. Pending revocations of keys that are in `next` end. The environment must have only one cell.
    ///
    /// The caller must call this function before it publishes the new keys, so that no request fails in between. A delay of zero ends all
    /// pending revocations, also in other environments.
    pub(crate) fn leave(&self, id: Uuid, next: &Grants, delay: Duration) {
        match delay.is_zero() {
            true => self.pending_revocations.end(),
            false => self.pending_revocations.update(id, self.first(id), next, delay),
        }
    }

    /// Returns the current generation of an environment, or `None` if the environment is unknown. If the environment has several cells, the
    /// first one is read.
    pub(crate) fn get(&self, id: Uuid) -> Option<Arc<Published>> {
        Some(self.first(id)?.current())
    }

    /// Returns the current generation of every environment. If an environment has several cells, the first one is read.
    pub(crate) fn all(&self) -> Vec<Arc<Published>> {
        self.by_id.load().values().filter_map(|slots| Some(slots.first()?.current())).collect()
    }

    /// Returns the current generation of every cell of every environment.
    pub(crate) fn places(&self) -> Vec<Arc<Published>> {
        self.by_id.load().values().flatten().map(|cell| cell.current()).collect()
    }

    /// Returns a receiver of the state's revision. New generations of any environment wake the receiver; several generations may wake it
    /// only once.
    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// Sets the revision of the state to which the generations published from now on belong. These generations wake the receivers.
    pub(crate) fn set_revision(&self, revision: u64) {
        self.revision.send_if_modified(|current| {
            *current = revision;
            false
        });
    }

    /// Notes that all generations of the current revision are published.
    pub(crate) fn note_served(&self) {
        self.served.send_replace(*self.revision.borrow());
    }

    /// Returns a receiver of the revision whose generations are all published.
    #[cfg(feature = "cluster")]
    pub(crate) fn served_revision(&self) -> watch::Receiver<u64> {
        self.served.subscribe()
    }

    /// Publishes the next generation of an environment that has only one cell, unless [`Published::is_as`] finds it equal to the current
    /// one. A new environment gets its first generation.
    ///
    /// Dropping the returned value wakes the streams of the environment. The value is `None` for a new environment, which has no streams.
    pub(crate) fn publish(
        &self,
        id: Uuid,
        first: impl FnOnce() -> Published,
        make: impl FnOnce(Published) -> Published,
    ) -> Option<WakeOnDrop> {
        match self.first(id) {
            Some(cell) => Some(cell.publish(|current| {
                let next = make(current.next());
                (!next.is_as(current)).then_some(next)
            })),
            None => {
                self.add(make(first()));
                None
            }
        }
    }

    /// Publishes the next generation of an environment that has only one cell. Dropping the returned value wakes the streams of the
    /// environment. The value is `None` if the environment is unknown.
    pub(crate) fn change(
        &self,
        id: Uuid,
        make: impl FnOnce(Published) -> Published,
    ) -> Option<WakeOnDrop> {
        Some(self.first(id)?.publish(|current| Some(make(current.next()))))
    }

    fn first(&self, id: Uuid) -> Option<Arc<PublishedCell>> {
        self.by_id.load().get(&id)?.first().cloned()
    }

    /// Makes a cell with this first generation and adds it to the generation's environment.
    pub(crate) fn add(&self, first: Published) -> Arc<PublishedCell> {
        let id = first.id;
        let cell = self.cell(first);
        self.by_id.rcu(|known| {
            let mut next = HashMap::clone(known);
            next.entry(id).or_default().push(Arc::clone(&cell));
            next
        });
        self.revision.send_modify(|_| {});
        cell
    }

    /// Removes one cell. The other cells of its environment remain; without other cells, the environment is removed.
    pub(crate) fn remove_slot(&self, cell: &Arc<PublishedCell>) {
        let id = cell.current().id;
        self.by_id.rcu(|known| {
            let mut next = HashMap::clone(known);
            if let Some(slots) = next.get_mut(&id) {
                slots.retain(|other| !Arc::ptr_eq(other, cell));
                if slots.is_empty() {
                    next.remove(&id);
                }
            }
            next
        });
        self.revision.send_modify(|_| {});
    }

    /// Makes a cell and adds it to no environment, so the lookup of keys does not find it.
    pub(crate) fn cell(&self, first: Published) -> Arc<PublishedCell> {
        self.scheduler.cell(first, self.revision.clone())
    }

    /// Removes an environment and publishes a last generation in each of its cells. Dropping the returned values wakes the streams, which
    /// then read the last generation.
    pub(crate) fn remove(
        &self,
        id: Uuid,
        last: impl Fn(Published) -> Published,
    ) -> Vec<WakeOnDrop> {
        let by_id = self.by_id.load();
        let slots = by_id.get(&id).into_iter().flatten();
        let wakes = slots.map(|cell| cell.publish(|current| Some(last(current.next())))).collect();
        self.by_id.rcu(|known| {
            let mut next = HashMap::clone(known);
            next.remove(&id);
            next
        });
        self.revision.send_modify(|_| {});
        wakes
    }

    /// Ends the streams of the cells of all environments with a `bye` event. The ends are spread over the first 80 % of the time `within`.
    /// Also wakes the receivers of the revision, even if there are no environments.
    pub(crate) fn close(&self, within: Duration) {
        self.is_closed.store(true, Ordering::Release);
        for cell in self.by_id.load().values().flatten() {
            cell.close(within);
        }
        self.revision.send_modify(|_| {});
    }

    /// Returns true once [`Self::close`] was called.
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }
}
