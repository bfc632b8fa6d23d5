//! The on-demand connections of a relay, and the entries of streams that wait for a connection.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fh_client::ApiKey;
use tokio::task::AbortHandle;

use super::key::UpstreamKey;
use super::status::{UpstreamRole, UpstreamState};
use super::upstream::Upstream;
use crate::rate::Bucket;
use crate::serving::Grant;
use crate::wire::context::RequestContext;

/// The key and the evaluation context of a connection.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct PoolKey {
    pub(super) key: UpstreamKey,
    /// The evaluation context, which is empty for a client-evaluated key.
    pub(super) context: RequestContext,
}

/// An entry of the pool, whose connection is running or still to be started.
pub(super) struct PoolEntry {
    pub(super) upstream: Arc<Upstream>,
    pub(super) grant: Grant,
    pub(super) key: ApiKey,
    pub(super) role: UpstreamRole,
    pub(super) used: Instant,
    pub(super) task: Option<AbortHandle>,
}

impl PoolEntry {
    pub(super) fn is_watched(&self) -> bool {
        self.upstream.cell.is_watched()
    }

    pub(super) fn is_proven(&self) -> bool {
        self.upstream.state() == UpstreamState::Serving
    }

    /// Replaces the name of the entry's key.
    pub(super) fn rename(&mut self, name: &Arc<str>) {
        self.upstream.rename(name);
        self.grant.account = Arc::clone(name);
    }

    fn end(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        self.upstream.close();
    }
}

/// The running connections and the waiting entries of a pool.
pub(super) struct PoolEntries {
    pub(super) running: HashMap<Arc<PoolKey>, PoolEntry>,
    /// The entries that wait for a connection, with or without streams. Their order is in `queue`.
    pub(super) waiting: HashMap<Arc<PoolKey>, PoolEntry>,
    pub(super) queue: VecDeque<Arc<PoolKey>>,
    /// The number of running connections of each unconfigured key.
    pub(super) unconfigured: HashMap<UpstreamKey, usize>,
    /// A bucket with one token for each new unconfigured key that may be sent upstream now.
    pub(super) tries: Bucket,
    /// The keys of which a connection served features when it was removed from the pool. Only keys that are configured alone are added.
    /// Revoked keys, and keys that are no longer configured, are removed.
    good: HashSet<UpstreamKey>,
    /// The time within which the streams of all connections end. The value is `None` until the relay is closed. From then on, no connection
    /// is started.
    pub(super) closing: Option<Duration>,
}

impl PoolEntries {
    /// Creates an empty set of entries. `tries` is the number of new unconfigured keys that may be sent upstream at once after the start.
    pub(super) fn new(tries: f64) -> Self {
        Self {
            running: HashMap::new(),
            waiting: HashMap::new(),
            queue: VecDeque::new(),
            unconfigured: HashMap::new(),
            tries: Bucket::full(tries, 0.0),
            good: HashSet::new(),
            closing: None,
        }
    }

    /// Returns true if the key is verified: the key is in `good`, or one of its running connections serves features.
    pub(super) fn is_proven(&self, key: &UpstreamKey) -> bool {
        self.good.contains(key)
            || self.running.iter().any(|(place, entry)| place.key == *key && entry.is_proven())
    }

    /// Removes a key from `good`, because the key was revoked or is no longer configured.
    pub(super) fn revoke(&mut self, key: &UpstreamKey) {
        self.good.remove(key);
    }

    /// Ends a connection to make room: of those that `may_go` accepts and that no stream or poll uses, the least recently used connection.
    /// Returns false if there is no such connection.
    pub(super) fn evict(&mut self, may_go: impl Fn(&PoolEntry) -> bool) -> bool {
        let candidates =
            self.running.iter().filter(|(_, entry)| may_go(entry) && !entry.is_watched());
        let oldest =
            candidates.min_by_key(|(_, entry)| entry.used).map(|(place, _)| Arc::clone(place));
        oldest.is_some_and(|place| {
            self.end(&place);
            true
        })
    }

    /// Returns true if the entry with exactly this key object is running, and not a later entry for the same API key and context.
    pub(super) fn runs(&self, place: &Arc<PoolKey>) -> bool {
        self.running.get_key_value(place).is_some_and(|(known, _)| Arc::ptr_eq(known, place))
    }

    /// Puts an entry back into the queue because its connection could not be started. The pool tries to start the connection again later if
    /// the entry is still in use.
    pub(super) fn wait_again(&mut self, place: &Arc<PoolKey>) {
        if self.runs(place)
            && let Some(entry) = self.remove(place)
        {
            self.queue.push_back(Arc::clone(place));
            self.waiting.insert(Arc::clone(place), PoolEntry { task: None, ..entry });
        }
    }

    pub(super) fn end(&mut self, place: &PoolKey) {
        if let Some(entry) = self.remove(place) {
            entry.end();
        }
    }

    pub(super) fn remove(&mut self, place: &PoolKey) -> Option<PoolEntry> {
        let Some(entry) = self.running.remove(place) else { return self.waiting.remove(place) };
        if entry.role == UpstreamRole::Context && entry.is_proven() {
            self.good.insert(place.key.clone());
        }
        if entry.role == UpstreamRole::AnyKey
            && let Some(count) = self.unconfigured.get_mut(&place.key)
        {
            *count -= 1;
            if *count == 0 {
                self.unconfigured.remove(&place.key);
            }
        }
        Some(entry)
    }
}
