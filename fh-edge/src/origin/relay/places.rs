//! Who has a connection that comes and goes, and who waits for one.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use fh_client::ApiKey;
use tokio::task::AbortHandle;

use super::key::UpstreamKey;
use super::status::{UpstreamRole, UpstreamState};
use super::upstream::Upstream;
use crate::rate::Bucket;
use crate::serving::Grant;
use crate::wire::context::RequestContext;

/// What a connection is for.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) key: UpstreamKey,
    /// None if the key is client-evaluated.
    pub(super) context: RequestContext,
}

/// A connection, or who waits for one.
pub(super) struct Entry {
    pub(super) upstream: Arc<Upstream>,
    pub(super) grant: Grant,
    pub(super) key: ApiKey,
    pub(super) role: UpstreamRole,
    pub(super) used: Instant,
    pub(super) task: Option<AbortHandle>,
}

impl Entry {
    pub(super) fn is_watched(&self) -> bool {
        self.upstream.slot.is_watched()
    }

    pub(super) fn is_proven(&self) -> bool {
        self.upstream.state() == UpstreamState::Serving
    }

    fn end(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        self.upstream.close();
    }
}

/// Those that run, and those that wait.
pub(super) struct Places {
    pub(super) running: HashMap<Arc<Place>, Entry>,
    /// Streams that wait for a connection, and in which order.
    pub(super) waiting: HashMap<Arc<Place>, Entry>,
    pub(super) queue: VecDeque<Arc<Place>>,
    /// Keys that nobody configured, by how many connections they have.
    pub(super) strangers: HashMap<UpstreamKey, usize>,
    /// How many keys that nobody configured may be tried at this moment.
    pub(super) tries: Bucket,
    /// Keys that are configured and were good once, whether there is a connection for them or not.
    good: HashSet<UpstreamKey>,
}

impl Places {
    /// Nobody; so many that nobody configured may be tried at once.
    pub(super) fn new(tries: f64) -> Self {
        Self {
            running: HashMap::new(),
            waiting: HashMap::new(),
            queue: VecDeque::new(),
            strangers: HashMap::new(),
            tries: Bucket::full(tries, 0.0),
            good: HashSet::new(),
        }
    }

    /// Is the upstream Edge known to know this key?
    pub(super) fn is_proven(&self, key: &UpstreamKey) -> bool {
        self.good.contains(key)
            || self.running.iter().any(|(place, entry)| place.key == *key && entry.is_proven())
    }

    /// This key is known no more to the upstream Edge.
    pub(super) fn revoke(&mut self, key: &UpstreamKey) {
        self.good.remove(key);
    }

    /// Ends the one that may go, is not watched, and was not used for longest. Was there one?
    pub(super) fn evict(&mut self, may_go: impl Fn(&Entry) -> bool) -> bool {
        let candidates =
            self.running.iter().filter(|(_, entry)| may_go(entry) && !entry.is_watched());
        let oldest =
            candidates.min_by_key(|(_, entry)| entry.used).map(|(place, _)| Arc::clone(place));
        oldest.is_some_and(|place| {
            self.end(&place);
            true
        })
    }

    /// Is it this very one, and not a later one for the same?
    pub(super) fn runs(&self, place: &Arc<Place>) -> bool {
        self.running.get_key_value(place).is_some_and(|(known, _)| Arc::ptr_eq(known, place))
    }

    /// There is no connection yet after all: it is tried again later, if somebody still waits then.
    pub(super) fn wait_again(&mut self, place: &Arc<Place>) {
        if self.runs(place)
            && let Some(entry) = self.remove(place)
        {
            self.queue.push_back(Arc::clone(place));
            self.waiting.insert(Arc::clone(place), Entry { task: None, ..entry });
        }
    }

    pub(super) fn end(&mut self, place: &Place) {
        if let Some(entry) = self.remove(place) {
            entry.end();
        }
    }

    pub(super) fn remove(&mut self, place: &Place) -> Option<Entry> {
        let Some(entry) = self.running.remove(place) else { return self.waiting.remove(place) };
        if entry.role == UpstreamRole::Context && entry.is_proven() {
            self.good.insert(place.key.clone());
        }
        if entry.role == UpstreamRole::AnyKey
            && let Some(count) = self.strangers.get_mut(&place.key)
        {
            *count -= 1;
            if *count == 0 {
                self.strangers.remove(&place.key);
            }
        }
        Some(entry)
    }
}
