//! Upstream connections that are made on demand. A server-evaluated key that is configured alone or not at all has one connection for each
//! context. A client-evaluated key that is not configured has one connection. The number of these connections is limited, and unused
//! connections are closed.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use fh_client::{ApiKey, ClientBuilder, KeyKind};
use tokio::task::AbortHandle;

use super::key::UpstreamKey;
use super::key_state::KeyState;
use super::options::RelayLimits;
use super::pool_entries::{PoolEntries, PoolEntry, PoolKey};
use super::source::Source;
use super::status::{UpstreamRole, UpstreamStatus};
use super::unknown_keys::UnknownKeys;
use super::upstream::{OnRefusal, Parts, Refused, Upstream};
use super::witness::{Witness, Witnesses};
use crate::clock::after;
use crate::origin::{CallerKind, Opened, Opening};
use crate::rate::FailedAttempts;
use crate::serving::{EvaluatedBy, Grants, PublishedCell};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

/// The result for a client when no connection is free for its key and context. The client should retry after five seconds.
const FULL: Opening = Opening::Full(5, "the relay has no free upstream connection for this key");

/// A server-evaluated key that is configured without a client-evaluated key.
pub(super) struct StandaloneKey {
    pub(super) key: ApiKey,
    pub(super) name: Arc<str>,
}

pub(super) struct UpstreamPool {
    pub(super) source: Arc<Source>,
    standalone: RwLock<HashMap<UpstreamKey, StandaloneKey>>,
    unknown_keys: UnknownKeys,
    started: Instant,
    places: Mutex<PoolEntries>,
    /// The configured keys. Upstream requests with these keys can show whether the upstream Edge works.
    configured: RwLock<Vec<Witness>>,
    witnesses: Witnesses,
    /// The rate of the log lines of clients that cannot be started.
    unstarted: FailedAttempts,
}

impl UpstreamPool {
    pub(super) fn new(source: Arc<Source>) -> Self {
        let options = &source.options;
        Self {
            standalone: RwLock::default(),
            unknown_keys: UnknownKeys::new(options.limits.refused_for),
            started: Instant::now(),
            places: Mutex::new(PoolEntries::new(options.any_key.map_or(0.0, most))),
            configured: RwLock::default(),
            witnesses: Witnesses::default(),
            unstarted: FailedAttempts::new(),
            source,
        }
    }

    /// Replaces the configured keys. `alone` contains those of them that are configured alone. The connections of keys that remain are kept,
    /// and get the new names of their keys. Returns the keys that were configured alone before and are now removed. The removed keys stay
    /// valid until [`Self::forget`] is called.
    pub(super) fn configure(
        &self,
        mut alone: HashMap<UpstreamKey, StandaloneKey>,
        keys: Vec<Witness>,
    ) -> Vec<UpstreamKey> {
        *self.configured.write().unwrap_or_else(PoisonError::into_inner) = keys;
        let mut standalone = self.standalone.write().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::take(&mut *standalone).into_iter();
        let gone: Vec<_> = before.filter(|(key, _)| !alone.contains_key(key)).collect();
        let keys = gone.iter().map(|(key, _)| key.clone()).collect();
        alone.extend(gone);
        let mut places = self.places();
        let PoolEntries { running, waiting, .. } = &mut *places;
        for (place, entry) in running.iter_mut().chain(waiting) {
            if let Some(standalone) = alone.get(&place.key)
                && entry.role == UpstreamRole::Context
            {
                entry.rename(&standalone.name);
            }
        }
        drop(places);
        *standalone = alone;
        keys
    }

    /// Removes keys that were configured alone, and ends their connections.
    pub(super) fn forget(&self, keys: &[UpstreamKey]) {
        self.standalone
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|key, _| !keys.contains(key));
        let mut places = self.places();
        let all = places.running.keys().chain(places.waiting.keys());
        let gone: Vec<_> = all.filter(|place| keys.contains(&place.key)).cloned().collect();
        gone.iter().for_each(|place| places.end(place));
        keys.iter().for_each(|key| places.revoke(key));
    }

    /// Returns true if the relay sends unconfigured keys upstream.
    pub(super) fn tries_any_key(&self) -> bool {
        self.source.options.any_key.is_some()
    }

    fn standalone(&self) -> RwLockReadGuard<'_, HashMap<UpstreamKey, StandaloneKey>> {
        self.standalone.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns all running connections of the pool.
    pub(super) fn upstreams(&self) -> Vec<Arc<Upstream>> {
        self.places().running.values().map(|entry| Arc::clone(&entry.upstream)).collect()
    }

    fn limits(&self) -> &RelayLimits {
        &self.source.options.limits
    }

    /// Returns true if the upstream Edge successfully answers another key than `key`. A 404 for `key` then concerns only `key`, and does
    /// not mean that the upstream Edge has a problem. Requests with other keys are made for this, unless the result of a check in
    /// the last second can be used.
    pub(super) async fn another_is_answered(&self, key: &UpstreamKey) -> bool {
        let mut others: Vec<Witness> =
            self.configured.read().unwrap_or_else(PoisonError::into_inner).clone();
        for (place, entry) in &self.places().running {
            if entry.role == UpstreamRole::AnyKey {
                let upstream = Some(Arc::clone(&entry.upstream));
                let (key, api_key) = (place.key.clone(), entry.key.clone());
                others.push(Witness { key, api_key, upstream });
            }
        }
        self.witnesses.answer(&self.source, key, others).await
    }

    pub(super) fn is_lone(&self, key: &UpstreamKey) -> bool {
        self.standalone().contains_key(key)
    }

    /// Returns true if a key is configured alone or verified; see [`PoolEntries::is_proven`].
    pub(super) fn is_known(&self, key: &UpstreamKey) -> bool {
        self.is_lone(key) || self.places().is_proven(key)
    }

    /// Returns true if a connection may be made for this key. This is the case for a key that is configured alone. It is also the case for
    /// a valid unconfigured key, if the relay sends such keys upstream and the key is not in the cache of unknown keys.
    pub(super) fn admits(&self, key: &UpstreamKey) -> bool {
        self.is_lone(key)
            || (self.source.options.any_key.is_some()
                && key.unconfigured().is_some()
                && !self.unknown_keys.has(key, Instant::now()))
    }

    /// Returns access to the features of a key for a context. If these features have no upstream connection yet, a connection is started.
    /// If there is no room for it, a stream waits for the connection, and the result for a poll is [`Opening::Full`]. After
    /// [`Self::close`], no connection is started, and the result is [`Opening::Full`] if one would be needed. The result is
    /// [`Opening::Unknown`] if the relay may not send the key upstream, or if the upstream Edge does not know the key.
    pub(super) fn open(
        self: &Arc<Self>,
        key: &RequestKey<'_>,
        caller: CallerKind,
        context: impl FnOnce() -> RequestContext,
    ) -> Opening {
        let key = UpstreamKey::from(key);
        let standalone = self
            .standalone()
            .get(&key)
            .map(|standalone| (standalone.key.clone(), Arc::clone(&standalone.name)));
        let (api_key, name, role) = match standalone {
            Some((key, name)) => (key, name, UpstreamRole::Context),
            None => match key.unconfigured().filter(|_| self.source.options.any_key.is_some()) {
                Some(api_key) => (api_key, "any key".into(), UpstreamRole::AnyKey),
                None => return Opening::Unknown,
            },
        };
        let context = match key.kind() {
            KeyKind::ClientEvaluated => RequestContext::default(),
            KeyKind::ServerEvaluated => context(),
        };
        let place = Arc::new(PoolKey { key, context });
        let now = Instant::now();
        let mut places = self.places();
        if let Some(entry) = places.running.get_mut(&place) {
            entry.used = now;
            return self.opened(entry, now);
        }
        if let Some(entry) = places.waiting.get(&place) {
            return match caller {
                CallerKind::Poll => FULL,
                CallerKind::Stream => self.opened(entry, now),
            };
        }
        if self.unknown_keys.has(&place.key, now) {
            return Opening::Unknown;
        }
        if places.closing.is_some() {
            return FULL;
        }
        let has_room = self.makes_room(&mut places, &place.key, role, now);
        if !has_room && caller == CallerKind::Poll {
            return FULL;
        }
        let entry = self.entry(&place, api_key, &name, role, now);
        let opened = self.opened(&entry, now);
        if has_room {
            self.run(&mut places, place, entry);
        } else {
            places.queue.push_back(Arc::clone(&place));
            places.waiting.insert(place, entry);
        }
        opened
    }

    /// Returns true if another connection of this key can be started now. If necessary, evicts unused connections to make room. The number
    /// of new unconfigured keys per second is limited as well.
    fn makes_room(
        &self,
        places: &mut PoolEntries,
        key: &UpstreamKey,
        role: UpstreamRole,
        now: Instant,
    ) -> bool {
        let is_stranger = role == UpstreamRole::AnyKey && !places.is_proven(key);
        // A connection of an unverified, unconfigured key evicts only connections of unconfigured keys that serve no features.
        let may_go = |entry: &PoolEntry| {
            !is_stranger || (entry.role == UpstreamRole::AnyKey && !entry.is_proven())
        };
        if let Some(limit) = self.source.options.any_key.filter(|_| role == UpstreamRole::AnyKey)
            && !places.unconfigured.contains_key(key)
        {
            // An invalid key is refused soon and frees its connection, so the number of new keys per second is limited as well.
            let now = now.duration_since(self.started).as_secs_f64();
            if places.tries.has_one(most(limit), most(limit), now).is_err() {
                return false;
            }
            while places.unconfigured.len() >= limit.get() {
                if !places.evict(|entry| entry.role == UpstreamRole::AnyKey && may_go(entry)) {
                    return false;
                }
            }
        }
        places.running.len() < self.limits().connections.get() || places.evict(may_go)
    }

    fn opened(&self, entry: &PoolEntry, now: Instant) -> Opening {
        let until = after(now, self.limits().first_answer);
        Opening::Open(Opened::fetching(&entry.upstream.cell, entry.grant.clone(), until.into()))
    }

    fn entry(
        &self,
        place: &PoolKey,
        key: ApiKey,
        name: &Arc<str>,
        role: UpstreamRole,
        now: Instant,
    ) -> PoolEntry {
        let evaluated_by = match place.key.kind() {
            KeyKind::ClientEvaluated => EvaluatedBy::Reader,
            KeyKind::ServerEvaluated => EvaluatedBy::Upstream,
        };
        let secret = &place.key.secret;
        let (grants, grant) = Grants::relayed(secret, name, evaluated_by);
        let parts = Parts {
            role,
            evaluated_by,
            attributes: place.context.len(),
            environment: place.key.environment,
            grants,
            settings: self.source.settings(name),
            answers: Arc::clone(&self.source.answers),
            key: place.key.clone(),
            key_state: KeyState::default(),
            record: None,
        };
        let upstream = Upstream::new(parts, |first| self.source.environments.cell(first));
        PoolEntry { upstream: Arc::new(upstream), grant, key, role, used: now, task: None }
    }

    /// Starts the connection of an entry, and adds the entry to the running entries.
    fn run(self: &Arc<Self>, places: &mut PoolEntries, place: Arc<PoolKey>, mut entry: PoolEntry) {
        if entry.role == UpstreamRole::AnyKey {
            let connections = places.unconfigured.entry(place.key.clone()).or_default();
            if *connections == 0 {
                places.tries.take();
            }
            *connections += 1;
        }
        entry.task = Some(self.start(&place, &entry));
        places.running.insert(place, entry);
    }

    fn start(self: &Arc<Self>, place: &Arc<PoolKey>, entry: &PoolEntry) -> AbortHandle {
        let (pool, place) = (Arc::clone(self), Arc::clone(place));
        let (upstream, key) = (Arc::clone(&entry.upstream), entry.key.clone());
        let run = async move {
            let with_context =
                |builder: ClientBuilder| builder.initial_context(place.context.attributes());
            match pool.source.connect(&upstream, &key, with_context) {
                Ok(()) => {
                    if pool.places().closing.is_some() {
                        upstream.close_client();
                    }
                    upstream.follow(&pool, |refused| pool.refused(&place, refused)).await;
                }
                Err(why) => {
                    let report = |count| {
                        tracing::warn!(
                            count,
                            "further upstream clients for contexts cannot be started"
                        );
                    };
                    if pool.unstarted.take(None, report).is_ok() {
                        tracing::warn!(environment = %place.key.environment, %why, "the upstream client for a context cannot be started");
                    }
                    pool.places().wait_again(&place);
                }
            }
        };
        self.source.runtime.spawn(run).abort_handle()
    }

    /// Handles a refusal by the upstream Edge, and returns the reaction. The entry is removed, and the key counts as unknown for the time
    /// [`RelayLimits::refused_for`]. If a verified key is refused at first contact of a new connection, the entry stays and its clients
    /// wait.
    fn refused(&self, place: &Arc<PoolKey>, refused: Refused) -> OnRefusal {
        let mut places = self.places();
        if refused == Refused::AtFirstContact && places.is_proven(&place.key) {
            return OnRefusal::Wait;
        }
        self.unknown_keys.add(place.key.clone(), Instant::now());
        if places.runs(place) {
            places.remove(place);
        }
        if refused == Refused::ForGood {
            places.revoke(&place.key);
        }
        OnRefusal::TellAndEnd
    }

    /// Closes unused connections and starts the connections of waiting entries, at intervals of at most one second. The returned future
    /// never resolves.
    pub(super) async fn keep_tidy(self: Arc<Self>) {
        let shortest = Duration::from_millis(10);
        let pause = (self.limits().idle / 4).clamp(shortest, Duration::from_secs(1));
        let mut ticks = tokio::time::interval(pause);
        loop {
            ticks.tick().await;
            self.tidy(Instant::now());
        }
    }

    fn tidy(self: &Arc<Self>, now: Instant) {
        let mut places = self.places();
        let mut idle = Vec::new();
        for (place, entry) in &mut places.running {
            if entry.is_watched() {
                entry.used = now;
            } else if now.duration_since(entry.used) >= self.limits().idle {
                idle.push(Arc::clone(place));
            }
        }
        // These waiting entries have no streams any more.
        let left = places.waiting.iter().filter(|(_, entry)| !entry.is_watched());
        idle.extend(left.map(|(place, _)| Arc::clone(place)));
        for place in idle {
            places.end(&place);
        }
        if places.closing.is_some() {
            return;
        }
        // Waiting entries are started in their order. An entry without room does not block the others.
        for _ in 0..places.queue.len() {
            let Some(place) = places.queue.pop_front() else { break };
            let Some(mut entry) = places.waiting.remove(&place) else { continue };
            if self.makes_room(&mut places, &place.key, entry.role, now) {
                entry.used = now;
                self.run(&mut places, place, entry);
            } else {
                places.queue.push_back(Arc::clone(&place));
                places.waiting.insert(place, entry);
            }
        }
    }

    /// Returns the running connection that publishes to this cell; `None` if no running connection does.
    pub(super) fn upstream_of(&self, cell: &Arc<PublishedCell>) -> Option<Arc<Upstream>> {
        let places = self.places();
        let mut running = places.running.values();
        running
            .find(|entry| Arc::ptr_eq(&entry.upstream.cell, cell))
            .map(|entry| Arc::clone(&entry.upstream))
    }

    pub(super) fn status(&self) -> Vec<UpstreamStatus> {
        let now = self.source.now();
        let places = self.places();
        places
            .running
            .values()
            .chain(places.waiting.values())
            .map(|entry| entry.upstream.status(now))
            .collect()
    }

    /// Ends all streams that use connections of the pool with `bye` within the time `within`, and closes the connections. The last features
    /// of the connections are still served. From now on no connection is started.
    pub(super) fn close(&self, within: Duration) {
        let mut places = self.places();
        places.closing = Some(within);
        for entry in places.running.values().chain(places.waiting.values()) {
            entry.upstream.cell.close(within);
            entry.upstream.close_client();
        }
    }

    fn places(&self) -> MutexGuard<'_, PoolEntries> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the limit on unconfigured keys as a number of tokens. The limit applies to the keys with connections and to the new keys per
/// second.
fn most(unconfigured: NonZeroUsize) -> f64 {
    u32::try_from(unconfigured.get()).unwrap_or(u32::MAX).into()
}
