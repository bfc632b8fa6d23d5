//! Where readers find the current generation of each environment, and streams learn of the next.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use uuid::Uuid;

use super::published::Published;

/// The current generation of one environment.
pub(crate) type Current = watch::Receiver<Arc<Published>>;

/// All environments. Reading takes no lock that a writer holds for long.
#[derive(Debug, Default)]
pub(crate) struct Environments {
    by_id: ArcSwap<HashMap<Uuid, watch::Sender<Arc<Published>>>>,
    /// The revision of the state. Wakes its watchers whenever anything is published, for those who look at everything.
    revision: watch::Sender<u64>,
}

impl Environments {
    /// The current generation of an environment.
    pub(crate) fn get(&self, id: Uuid) -> Option<Arc<Published>> {
        Some(Arc::clone(&self.by_id.load().get(&id)?.borrow()))
    }

    /// The current generation, and the next ones as they come.
    pub(crate) fn watch(&self, id: Uuid) -> Option<Current> {
        Some(self.by_id.load().get(&id)?.subscribe())
    }

    /// All of them.
    pub(crate) fn all(&self) -> Vec<Arc<Published>> {
        self.by_id.load().values().map(|each| Arc::clone(&each.borrow())).collect()
    }

    /// The revision of the state, and a wake-up for every generation of any environment.
    pub(crate) fn revision(&self) -> watch::Receiver<u64> {
        self.revision.subscribe()
    }

    /// What is published next belongs to this revision.
    pub(crate) fn set_revision(&self, revision: u64) {
        self.revision.send_replace(revision);
    }

    /// Puts a generation up: of a new environment, or the next one of a known one.
    pub(crate) fn publish(&self, published: Published) {
        let published = Arc::new(published);
        let known = self.by_id.load();
        if let Some(sender) = known.get(&published.id) {
            sender.send_replace(published);
        } else {
            self.by_id.rcu(|known| {
                let mut next = HashMap::clone(known);
                next.entry(published.id)
                    .or_insert_with(|| watch::Sender::new(Arc::clone(&published)));
                next
            });
        }
        self.revision.send_modify(|_| {});
    }

    /// Takes an environment away. Its streams see a last generation that nobody may read.
    pub(crate) fn remove(&self, last: Published) {
        let id = last.id;
        if let Some(sender) = self.by_id.load().get(&id) {
            sender.send_replace(Arc::new(last));
        }
        self.by_id.rcu(|known| {
            let mut next = HashMap::clone(known);
            next.remove(&id);
            next
        });
        self.revision.send_modify(|_| {});
    }
}
