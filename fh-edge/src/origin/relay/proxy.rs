//! Connections upstream that come and go with those who need them: one for each context of a server-evaluated key that stands
//! alone, and one for each key that nobody configured. They are bounded in number and closed when they are not used.

use std::collections::{HashMap, HashSet, VecDeque};
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fh_client::{ApiKey, KeyKind};
use tokio::task::AbortHandle;

use super::key::UpstreamKey;
use super::misses::Misses;
use super::options::RelayLimits;
use super::start::Source;
use super::status::{UpstreamRole, UpstreamState, UpstreamStatus};
use super::upstream::{OnRefusal, Parts, Upstream};
use crate::serving::{Changes, EvaluatedBy, Grant, Grants, Slot};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

/// Who comes when all connections are in use is told to come again after so many seconds.
const COME_AGAIN: u64 = 5;

/// Who asks: streams can wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    Poll,
    Stream,
}

/// What asking comes to.
pub(crate) enum Proxied {
    Open(Opened),
    /// All connections are in use; come again after this many seconds.
    Full(u64),
    Unknown,
}

/// A place that is watched as long as this lives, and so stays.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) slot: Arc<Slot>,
    pub(crate) grant: Grant,
    pub(crate) changes: Changes,
    /// How long a poll waits for its first generation.
    pub(crate) until: Instant,
}

/// What a connection is for.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Place {
    key: UpstreamKey,
    /// None if the key is client-evaluated.
    context: RequestContext,
}

struct Entry {
    upstream: Arc<Upstream>,
    grant: Grant,
    key: ApiKey,
    role: UpstreamRole,
    used: Instant,
    task: Option<AbortHandle>,
}

impl Entry {
    fn is_watched(&self) -> bool {
        self.upstream.slot.is_watched()
    }

    fn is_proven(&self) -> bool {
        self.upstream.state() == UpstreamState::Serving
    }

    fn end(&self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        self.upstream.close();
    }
}

#[derive(Default)]
struct Map {
    running: HashMap<Arc<Place>, Entry>,
    /// Streams that wait for a connection, and in which order.
    waiting: HashMap<Arc<Place>, Entry>,
    queue: VecDeque<Arc<Place>>,
    /// Keys that nobody configured, by how many connections they have.
    strangers: HashMap<UpstreamKey, usize>,
    /// Keys that are configured and were good once, whether there is a connection for them or not.
    good: HashSet<UpstreamKey>,
}

/// A key that is configured alone.
pub(super) struct Lone {
    pub(super) key: ApiKey,
    pub(super) name: Arc<str>,
}

pub(super) struct Proxy {
    source: Source,
    lone: HashMap<UpstreamKey, Lone>,
    any_key: Option<NonZeroUsize>,
    limits: RelayLimits,
    misses: Misses,
    map: Mutex<Map>,
}

impl Proxy {
    pub(super) fn new(
        source: Source,
        lone: HashMap<UpstreamKey, Lone>,
        any_key: Option<NonZeroUsize>,
        limits: RelayLimits,
    ) -> Self {
        let misses = Misses::new(limits.refused_for);
        Self { source, lone, any_key, limits, misses, map: Mutex::default() }
    }

    pub(super) fn is_lone(&self, key: &UpstreamKey) -> bool {
        self.lone.contains_key(key)
    }

    /// May this key be worth a connection?
    pub(super) fn admits(&self, key: &UpstreamKey) -> bool {
        self.lone.contains_key(key)
            || (self.any_key.is_some()
                && key.unconfigured().is_some()
                && !self.misses.has(key, Instant::now()))
    }

    /// What a key opens for a context; a connection is made if there is none.
    pub(super) fn open(
        self: &Arc<Self>,
        key: &RequestKey<'_>,
        asker: Asker,
        context: impl FnOnce() -> RequestContext,
    ) -> Proxied {
        let key = UpstreamKey::from(key);
        let (api_key, name, role) = match self.lone.get(&key) {
            Some(lone) => (lone.key.clone(), Arc::clone(&lone.name), UpstreamRole::Context),
            None => match key.unconfigured().filter(|_| self.any_key.is_some()) {
                Some(api_key) => (api_key, "any key".into(), UpstreamRole::AnyKey),
                None => return Proxied::Unknown,
            },
        };
        let context = match key.kind() {
            KeyKind::ClientEvaluated => RequestContext::default(),
            KeyKind::ServerEvaluated => context(),
        };
        let place = Arc::new(Place { key, context });
        let now = Instant::now();
        let mut map = self.map();
        if let Some(entry) = map.running.get_mut(&place) {
            entry.used = now;
            return self.opened(entry, now);
        }
        if let Some(entry) = map.waiting.get(&place) {
            return match asker {
                Asker::Poll => Proxied::Full(COME_AGAIN),
                Asker::Stream => self.opened(entry, now),
            };
        }
        if self.misses.has(&place.key, now) {
            return Proxied::Unknown;
        }
        let has_room = self.makes_room(&mut map, &place.key, role);
        if !has_room && asker == Asker::Poll {
            return Proxied::Full(COME_AGAIN);
        }
        let entry = self.entry(&place, api_key, name, role, now);
        let opened = self.opened(&entry, now);
        if has_room {
            self.run(&mut map, place, entry);
        } else {
            map.queue.push_back(Arc::clone(&place));
            map.waiting.insert(place, entry);
        }
        opened
    }

    /// Is there room for a connection for this key, or can one be ended for it?
    fn makes_room(&self, map: &mut Map, key: &UpstreamKey, role: UpstreamRole) -> bool {
        let is_stranger = role == UpstreamRole::AnyKey && !map.is_proven(key);
        // Strangers take nobody's place who is known to be good.
        let may_go = |entry: &Entry| {
            !is_stranger || (entry.role == UpstreamRole::AnyKey && !entry.is_proven())
        };
        if role == UpstreamRole::AnyKey && !map.strangers.contains_key(key) {
            while self.any_key.is_some_and(|most| map.strangers.len() >= most.get()) {
                if !map.evict(|entry| entry.role == UpstreamRole::AnyKey && may_go(entry)) {
                    return false;
                }
            }
        }
        map.running.len() < self.limits.connections.get() || map.evict(may_go)
    }

    fn opened(&self, entry: &Entry, now: Instant) -> Proxied {
        Proxied::Open(Opened {
            slot: Arc::clone(&entry.upstream.slot),
            grant: entry.grant.clone(),
            changes: entry.upstream.slot.watch(),
            until: now + self.limits.first_answer,
        })
    }

    fn entry(
        &self,
        place: &Place,
        key: ApiKey,
        name: Arc<str>,
        role: UpstreamRole,
        now: Instant,
    ) -> Entry {
        let evaluated_by = match place.key.kind() {
            KeyKind::ClientEvaluated => EvaluatedBy::Reader,
            KeyKind::ServerEvaluated => EvaluatedBy::Upstream,
        };
        let secret = &place.key.secret;
        let (grants, grant) = Grants::relayed(secret, &name, evaluated_by);
        let parts = Parts {
            role,
            evaluated_by,
            attributes: place.context.len(),
            environment: place.key.environment,
            grants,
            settings: self.source.settings(&name),
            cache_bytes: self.source.cache_bytes,
            name,
        };
        let upstream = Upstream::new(parts, |first| self.source.environments.slot(first));
        Entry { upstream: Arc::new(upstream), grant, key, role, used: now, task: None }
    }

    /// Makes the connection.
    fn run(self: &Arc<Self>, map: &mut Map, place: Arc<Place>, mut entry: Entry) {
        if entry.role == UpstreamRole::AnyKey {
            *map.strangers.entry(place.key.clone()).or_default() += 1;
        }
        entry.task = Some(self.start(&place, &entry));
        map.running.insert(place, entry);
    }

    fn start(self: &Arc<Self>, place: &Arc<Place>, entry: &Entry) -> AbortHandle {
        let (proxy, place) = (Arc::clone(self), Arc::clone(place));
        let (upstream, key) = (Arc::clone(&entry.upstream), entry.key.clone());
        let run = async move {
            let builder = proxy.source.client(&key).initial_context(place.context.attributes());
            match builder.start() {
                Ok(client) => {
                    upstream.adopt(client);
                    upstream.follow(|| proxy.refused(&place)).await;
                }
                Err(why) => {
                    tracing::warn!(environment = %place.key.environment, %why, "no client for a context");
                    proxy.map().wait_again(&place);
                }
            }
        };
        self.source.runtime.spawn(run).abort_handle()
    }

    /// The upstream Edge refuses a key of which this context's features are not known.
    fn refused(&self, place: &Arc<Place>) -> OnRefusal {
        let mut map = self.map();
        if map.is_proven(&place.key) {
            return OnRefusal::Wait;
        }
        self.misses.add(place.key.clone(), Instant::now());
        if map.runs(place) {
            map.remove(place);
        }
        OnRefusal::TellAndEnd
    }

    /// Closes what nobody uses, as long as there is a relay.
    pub(super) async fn keep_tidy(self: Arc<Self>) {
        let shortest = Duration::from_millis(10);
        let pause = (self.limits.idle / 4).clamp(shortest, Duration::from_secs(1));
        let mut ticks = tokio::time::interval(pause);
        loop {
            ticks.tick().await;
            self.tidy(Instant::now());
        }
    }

    fn tidy(self: &Arc<Self>, now: Instant) {
        let mut map = self.map();
        let mut idle = Vec::new();
        for (place, entry) in &mut map.running {
            if entry.is_watched() {
                entry.used = now;
            } else if now.duration_since(entry.used) >= self.limits.idle {
                idle.push(Arc::clone(place));
            }
        }
        // Nobody waits there any more.
        let left = map.waiting.iter().filter(|(_, entry)| !entry.is_watched());
        idle.extend(left.map(|(place, _)| Arc::clone(place)));
        for place in idle {
            map.end(&place);
        }
        // Each in its turn; a stranger for whom there is no place yet keeps nobody else waiting.
        for _ in 0..map.queue.len() {
            let Some(place) = map.queue.pop_front() else { break };
            let Some(mut entry) = map.waiting.remove(&place) else { continue };
            if self.makes_room(&mut map, &place.key, entry.role) {
                entry.used = now;
                self.run(&mut map, place, entry);
            } else {
                map.queue.push_back(Arc::clone(&place));
                map.waiting.insert(place, entry);
            }
        }
    }

    /// Those whose connection this is.
    pub(super) fn upstream_of(&self, slot: &Arc<Slot>) -> Option<Arc<Upstream>> {
        let map = self.map();
        let mut running = map.running.values();
        running
            .find(|entry| Arc::ptr_eq(&entry.upstream.slot, slot))
            .map(|entry| Arc::clone(&entry.upstream))
    }

    pub(super) fn status(&self) -> Vec<UpstreamStatus> {
        let map = self.map();
        map.running
            .values()
            .chain(map.waiting.values())
            .map(|entry| entry.upstream.status())
            .collect()
    }

    /// Makes all streams say `bye` within this time.
    pub(super) fn close(&self, within: Duration) {
        let map = self.map();
        for entry in map.running.values().chain(map.waiting.values()) {
            entry.upstream.slot.close(within);
        }
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Map {
    /// Is the upstream Edge known to know this key?
    fn is_proven(&self, key: &UpstreamKey) -> bool {
        self.good.contains(key)
            || self.running.iter().any(|(place, entry)| place.key == *key && entry.is_proven())
    }

    /// Ends the one that may go, is not watched, and was not used for longest. Was there one?
    fn evict(&mut self, may_go: impl Fn(&Entry) -> bool) -> bool {
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
    fn runs(&self, place: &Arc<Place>) -> bool {
        self.running.get_key_value(place).is_some_and(|(known, _)| Arc::ptr_eq(known, place))
    }

    /// There is no connection yet after all: it is tried again later, if somebody still waits then.
    fn wait_again(&mut self, place: &Arc<Place>) {
        if self.runs(place)
            && let Some(entry) = self.remove(place)
        {
            self.queue.push_back(Arc::clone(place));
            self.waiting.insert(Arc::clone(place), Entry { task: None, ..entry });
        }
    }

    fn end(&mut self, place: &Place) {
        if let Some(entry) = self.remove(place) {
            entry.end();
        }
    }

    fn remove(&mut self, place: &Place) -> Option<Entry> {
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
