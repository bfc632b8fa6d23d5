//! The list of open streams with a known key.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use fh_client::KeyKind;
use uuid::Uuid;

/// An entry for one open stream.
#[derive(Debug, Clone)]
pub(crate) struct Connection {
    pub(crate) environment: Uuid,
    pub(crate) account: Arc<str>,
    pub(crate) kind: KeyKind,
    /// The name of the client's SDK, or else its user agent, at most 80 characters; `None` if the client sends neither.
    pub(crate) sdk: Option<Box<str>>,
    /// The number of attributes that have values in the stream's context. The values are private to the client, so they are not listed.
    pub(crate) attributes: usize,
    pub(crate) since: SystemTime,
}

/// The list of all open streams with a known key.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    next: AtomicU64,
    open: Mutex<HashMap<u64, Connection>>,
}

/// An entry in the list of open streams. [`Connections::remove`] removes it.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) since: Instant,
    id: u64,
}

impl Connections {
    pub(crate) fn add(&self, connection: Connection) -> Listed {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.lock().insert(id, connection);
        Listed { since: Instant::now(), id }
    }

    pub(crate) fn remove(&self, listed: &Listed) {
        self.lock().remove(&listed.id);
    }

    /// Returns the number of open streams of all environments.
    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Returns the number of open streams of each environment. Environments without open streams are left out.
    pub(crate) fn by_environment(&self) -> HashMap<Uuid, usize> {
        let mut counts = HashMap::new();
        for connection in self.lock().values() {
            *counts.entry(connection.environment).or_default() += 1;
        }
        counts
    }

    /// Returns the oldest streams with their ids, at most `most` of them. If `only` is given, only streams of that environment are
    /// returned.
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
