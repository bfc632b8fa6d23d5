//! Where readers find what their keys open.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use uuid::Uuid;

use super::clockwork::Clockwork;
use super::grant::{Grant, Grants};
use super::leaving::{Leaver, Leaving};
use super::published::Published;
use super::slot::{News, Slot};

/// All environments. Reading takes no lock that a writer holds for long.
#[derive(Debug, Default)]
pub(crate) struct Environments {
    /// Nearly always an environment has one place. A relay has one for each of its upstream keys, which may see other features.
    by_id: ArcSwap<HashMap<Uuid, Vec<Arc<Slot>>>>,
    clockwork: Clockwork,
    leaving: Leaving,
    /// The revision of the state. Wakes its watchers whenever anything is published, for those who look at everything.
    revision: watch::Sender<u64>,
}

impl Environments {
    /// Lets time pass.
    ///
    /// # Errors
    /// The machine gives no thread.
    pub(crate) fn start_clock(&self) -> io::Result<()> {
        self.clockwork.start()
    }

    /// What a key opens, and where its next generations will be.
    pub(crate) fn open(
        &self,
        id: Uuid,
        secret: &str,
    ) -> Option<(Arc<Slot>, Arc<Published>, Grant)> {
        self.by_id.load().get(&id)?.iter().find_map(|slot| {
            let published = slot.current();
            let grant = published.grants.get(secret)?.clone();
            Some((Arc::clone(slot), published, grant))
        })
    }

    /// What a key opens that is not good any more, but may come back.
    pub(crate) fn open_leaving(&self, id: Uuid, secret: &str) -> Option<Leaver> {
        self.leaving.get(id, secret)
    }

    /// These are the keys of an environment that has one place, from now on; those that are not among them open it as it is for
    /// so long. To be called before that is published, so that no request falls between.
    pub(crate) fn leave(&self, id: Uuid, next: &Grants, delay: Duration) {
        match delay.is_zero() {
            true => self.leaving.end(),
            false => self.leaving.update(id, self.first(id), next, delay),
        }
    }

    /// The current generation of an environment; of several places the first one's.
    pub(crate) fn get(&self, id: Uuid) -> Option<Arc<Published>> {
        Some(self.first(id)?.current())
    }

    /// All environments, each once.
    pub(crate) fn all(&self) -> Vec<Arc<Published>> {
        self.by_id.load().values().filter_map(|slots| Some(slots.first()?.current())).collect()
    }

    /// All places.
    pub(crate) fn places(&self) -> Vec<Arc<Published>> {
        self.by_id.load().values().flatten().map(|slot| slot.current()).collect()
    }

    /// The revision of the state, and a wake-up for every generation of any environment.
    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// What is published next belongs to this revision.
    pub(crate) fn set_revision(&self, revision: u64) {
        self.revision.send_replace(revision);
    }

    /// Puts up the next generation of an environment that has one place, unless it is as the current one, or the first one of a
    /// new environment. Those who watch have to be woken.
    pub(crate) fn publish(
        &self,
        id: Uuid,
        first: impl FnOnce() -> Published,
        make: impl FnOnce(Published) -> Published,
    ) -> Option<News> {
        match self.first(id) {
            Some(slot) => Some(slot.publish(|current| {
                let next = make(current.next());
                (!next.is_as(current)).then_some(next)
            })),
            None => {
                self.add(make(first()));
                None
            }
        }
    }

    /// Puts up the next generation of an environment that has one place. Those who watch have to be woken.
    pub(crate) fn change(
        &self,
        id: Uuid,
        make: impl FnOnce(Published) -> Published,
    ) -> Option<News> {
        Some(self.first(id)?.publish(|current| Some(make(current.next()))))
    }

    fn first(&self, id: Uuid) -> Option<Arc<Slot>> {
        self.by_id.load().get(&id)?.first().cloned()
    }

    /// A further place of an environment, with its first generation.
    pub(crate) fn add(&self, first: Published) -> Arc<Slot> {
        let id = first.id;
        let slot = self.slot(first);
        self.by_id.rcu(|known| {
            let mut next = HashMap::clone(known);
            next.entry(id).or_default().push(Arc::clone(&slot));
            next
        });
        self.revision.send_modify(|_| {});
        slot
    }

    /// Takes a place away, and nothing else of its environment.
    pub(crate) fn remove_slot(&self, slot: &Arc<Slot>) {
        let id = slot.current().id;
        self.by_id.rcu(|known| {
            let mut next = HashMap::clone(known);
            if let Some(slots) = next.get_mut(&id) {
                slots.retain(|other| !Arc::ptr_eq(other, slot));
                if slots.is_empty() {
                    next.remove(&id);
                }
            }
            next
        });
        self.revision.send_modify(|_| {});
    }

    /// A place that is found elsewhere.
    pub(crate) fn slot(&self, first: Published) -> Arc<Slot> {
        self.clockwork.slot(first, self.revision.clone())
    }

    /// Takes an environment away. Its streams see a last generation, once they are woken.
    pub(crate) fn remove(&self, id: Uuid, last: impl Fn(Published) -> Published) -> Vec<News> {
        let by_id = self.by_id.load();
        let slots = by_id.get(&id).into_iter().flatten();
        let news = slots.map(|slot| slot.publish(|current| Some(last(current.next())))).collect();
        self.by_id.rcu(|known| {
            let mut next = HashMap::clone(known);
            next.remove(&id);
            next
        });
        self.revision.send_modify(|_| {});
        news
    }

    /// Makes all streams say `bye` within this time.
    pub(crate) fn close(&self, within: Duration) {
        for slot in self.by_id.load().values().flatten() {
            slot.close(within);
        }
    }
}
