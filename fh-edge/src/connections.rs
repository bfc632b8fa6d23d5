//! Who is connected: open streams, for people and metrics.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use fh_client::KeyKind;
use uuid::Uuid;

/// One open stream.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) environment: Uuid,
    pub(crate) account: Arc<str>,
    pub(crate) kind: KeyKind,
    /// The SDK, as it names itself.
    pub(crate) sdk: Option<Box<str>>,
    /// How many attributes its context has; their values are nobody's business.
    pub(crate) attributes: usize,
    pub(crate) since: SystemTime,
}

/// All open streams.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Connection>>,
}

/// Keeps a stream in the list as long as it lives.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) since: Instant,
    id: u64,
    list: Arc<Connections>,
}

impl Connections {
    pub(crate) fn add(self: &Arc<Self>, connection: Connection) -> Listed {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(id, connection);
        Listed { since: Instant::now(), id, list: Arc::clone(self) }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// How many there are in each environment.
    pub(crate) fn by_environment(&self) -> HashMap<Uuid, usize> {
        let mut counts = HashMap::new();
        for connection in self.lock().values() {
            *counts.entry(connection.environment).or_default() += 1;
        }
        counts
    }

    /// The first so many by age, with their numbers: all, or those of one environment.
    pub(crate) fn list(&self, only: Option<Uuid>, most: usize) -> Vec<(u64, Connection)> {
        let open = self.lock();
        let wanted = open.iter().filter(|(_, each)| only.is_none_or(|id| id == each.environment));
        let mut ids: Vec<u64> = wanted.map(|(id, _)| *id).collect();
        ids.sort_unstable();
        ids.truncate(most);
        ids.into_iter().filter_map(|id| Some((id, open.get(&id)?.clone()))).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Connection>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.list.lock().remove(&self.id);
    }
}
