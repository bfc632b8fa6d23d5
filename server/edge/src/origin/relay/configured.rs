//! The configured keys of a relay, which can be replaced while the relay runs.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use fh_client::{ApiKey, ApiKeys, ClientBuilder, KeyKind};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::error::RelayError;
use super::key::UpstreamKey;
use super::key_state::KeyState;
use super::options::RelayKeys;
use super::record::RecordFile;
use super::status::UpstreamRole;
use super::upstream::{OnRefusal, Parts, Upstream};
use super::upstream_pool::{StandaloneKey, UpstreamPool};
use super::witness::Witness;
use crate::serving::{EvaluatedBy, Grants};

/// The time from the removal of a key to its revocation. A pair of keys that is configured again during this time keeps its connection.
const REVOCATION_DELAY: Duration = Duration::from_secs(5);

/// A client-evaluated key, and its paired server-evaluated key if there is one.
type Pair = (UpstreamKey, Option<UpstreamKey>);

/// Configured keys of one service account in one environment, which have been checked.
pub(super) struct Checked {
    pub(super) name: Arc<str>,
    pub(super) client: Option<(UpstreamKey, ApiKey)>,
    pub(super) server: Option<(UpstreamKey, ApiKey)>,
}

impl Checked {
    fn new(place: usize, keys: &RelayKeys) -> Result<Self, RelayError> {
        let name = keys.name.clone().unwrap_or_else(|| format!("keys {place}").into());
        let read = |text: &Option<String>| {
            let Some(text) = text else { return Ok(None) };
            let key = ApiKey::parse(text).map_err(|why| RelayError::Key(place, why))?;
            let known = UpstreamKey::of(&key).ok_or(RelayError::NotAnEnvironment(place))?;
            Ok(Some((known, key)))
        };
        let (client, server) = (read(&keys.client)?, read(&keys.server)?);
        let is_of = |key: &Option<(UpstreamKey, ApiKey)>, kind| {
            key.as_ref().is_none_or(|(_, key)| key.kind() == kind)
        };
        if !is_of(&client, KeyKind::ClientEvaluated) {
            return Err(RelayError::NotClientEvaluated(place));
        }
        if !is_of(&server, KeyKind::ServerEvaluated) {
            return Err(RelayError::NotServerEvaluated(place));
        }
        if let (Some((client, _)), Some((server, _))) = (&client, &server)
            && client.environment != server.environment
        {
            return Err(RelayError::TwoEnvironments(place));
        }
        Ok(Self { name, client, server })
    }

    pub(super) fn all(keys: &[RelayKeys]) -> Result<Vec<Self>, RelayError> {
        let (mut known, mut named) = (HashSet::new(), HashSet::new());
        let mut all = Vec::with_capacity(keys.len());
        for (position, keys) in keys.iter().enumerate() {
            let checked = Self::new(position + 1, keys)?;
            for (key, _) in checked.client.iter().chain(&checked.server) {
                if !known.insert(key.clone()) {
                    return Err(RelayError::Twice(position + 1));
                }
            }
            let first = checked.client.iter().chain(&checked.server).next();
            if let Some((key, _)) = first
                && !named.insert((key.environment, Arc::clone(&checked.name)))
            {
                return Err(RelayError::NameTwice(position + 1));
            }
            all.push(checked);
        }
        Ok(all)
    }
}

/// The configured keys, and the connections of the client-evaluated keys among them.
#[derive(Default)]
pub(super) struct Configured {
    keys: RwLock<Keys>,
}

#[derive(Default)]
struct Keys {
    upstreams: Vec<(Pair, Arc<Upstream>)>,
    /// The connections of removed pairs that are not revoked yet, with the time of their removal.
    leaving: Vec<(Pair, Arc<Upstream>, Instant)>,
    /// The removed server-evaluated keys that were configured alone and are not revoked yet, with the time of their removal.
    leaving_alone: HashMap<UpstreamKey, Instant>,
    /// All configured keys, each in the form in which requests to the upstream Edge contain it.
    api_keys: HashMap<UpstreamKey, ApiKey>,
}

impl Configured {
    /// Returns the connections of the configured client-evaluated keys.
    pub(super) fn upstreams(&self) -> Vec<Arc<Upstream>> {
        self.read().upstreams.iter().map(|(_, upstream)| Arc::clone(upstream)).collect()
    }

    /// Returns the connections of the configured client-evaluated keys, and those of removed keys that are not revoked yet.
    pub(super) fn all(&self) -> Vec<Arc<Upstream>> {
        let keys = self.read();
        let leaving = keys.leaving.iter().map(|(_, upstream, _)| Arc::clone(upstream));
        keys.upstreams.iter().map(|(_, upstream)| Arc::clone(upstream)).chain(leaving).collect()
    }

    /// Closes the clients of all connections, and waits until their snapshots and records are written.
    pub(super) async fn close(&self, runtime: &Handle) {
        let mut writing = JoinSet::new();
        for upstream in self.all() {
            let written = async move {
                if let Some(client) = upstream.client() {
                    client.close();
                    client.closed().await;
                }
                upstream.write_record().await;
            };
            writing.spawn_on(written, runtime);
        }
        while writing.join_next().await.is_some() {}
    }

    pub(super) fn contains(&self, key: &UpstreamKey) -> bool {
        self.read().api_keys.contains_key(key)
    }

    /// Returns a key in the form in which it is sent upstream; `None` if the key is not configured.
    pub(super) fn api_key(&self, key: &UpstreamKey) -> Option<ApiKey> {
        self.read().api_keys.get(key).cloned()
    }

    /// Replaces the configured keys. The connections of pairs that remain are kept, and get the new names of their keys. The connection of
    /// a removed pair ends at once if all keys of the pair are still configured, for example alone or in another pair. Otherwise, the
    /// removed keys stay valid for [`REVOCATION_DELAY`], and the connection of their pair stays open. After this time, the streams of the
    /// pair get `failure`, or `bye` if one of the two keys is still configured. The streams of a removed key that was configured alone get
    /// `bye`.
    ///
    /// # Errors
    /// Returns [`RelayError`] if a client cannot be created. In this case, the keys do not change.
    pub(super) fn change(
        self: &Arc<Self>,
        checked: Vec<Checked>,
        pool: &Arc<UpstreamPool>,
    ) -> Result<(), RelayError> {
        let now = Instant::now();
        let mut keys = self.write();
        let mut next = Keys::default();
        let (mut standalone, mut witnesses) = (HashMap::new(), Vec::new());
        let (mut started, mut renamed) = (Vec::new(), Vec::new());
        for Checked { name, client, server } in checked {
            let both: Vec<_> = client.iter().chain(&server).cloned().collect();
            let upstream = match (client, server) {
                (Some(client), server) => {
                    let server = server.map(|(key, _)| key);
                    let pair = (client.0.clone(), server.clone());
                    let upstream = match keys.find(&pair) {
                        Some(upstream) => {
                            renamed.push((Arc::clone(&upstream), name));
                            upstream
                        }
                        None => match connected(pool, &name, client, server) {
                            Ok(upstream) => {
                                started.push(Arc::clone(&upstream));
                                upstream
                            }
                            Err(why) => {
                                started.iter().for_each(|upstream| pool.source.end(upstream));
                                return Err(why);
                            }
                        },
                    };
                    next.upstreams.push((pair, Arc::clone(&upstream)));
                    Some(upstream)
                }
                (None, Some((key, api_key))) => {
                    standalone.insert(key, StandaloneKey { key: api_key, name });
                    None
                }
                (None, None) => None,
            };
            for (key, api_key) in both {
                next.api_keys.insert(key.clone(), api_key.clone());
                witnesses.push(Witness { key, api_key, upstream: upstream.clone() });
            }
        }
        renamed.iter().for_each(|(upstream, name)| upstream.rename(name));
        let stays: HashSet<&Pair> = next.upstreams.iter().map(|(pair, _)| pair).collect();
        let mut changed = Vec::new();
        let before = std::mem::take(&mut keys.upstreams);
        let before = before.into_iter().map(|(pair, upstream)| (pair, upstream, now));
        for (pair, upstream, since) in before.chain(std::mem::take(&mut keys.leaving)) {
            if stays.contains(&pair) {
                continue;
            }
            let (client, server) = &pair;
            let is_known = |key: &UpstreamKey| next.api_keys.contains_key(key);
            match is_known(client) && server.as_ref().is_none_or(is_known) {
                // No key was removed. The streams of the old connection end, and their clients then connect to a new one.
                true => changed.push(upstream),
                false => next.leaving.push((pair, upstream, since)),
            }
        }
        let leaving_alone = pool.configure(standalone, witnesses);
        let since = |key: &UpstreamKey| keys.leaving_alone.get(key).copied().unwrap_or(now);
        next.leaving_alone = leaving_alone
            .into_iter()
            .map(|key| {
                let at = since(&key);
                (key, at)
            })
            .collect();
        let is_settled = next.leaving.is_empty() && next.leaving_alone.is_empty();
        *keys = next;
        drop(keys);
        changed.iter().for_each(|upstream| pool.source.end(upstream));
        if !is_settled {
            let (configured, pool) = (Arc::clone(self), Arc::clone(pool));
            pool.source.runtime.clone().spawn(async move {
                tokio::time::sleep(REVOCATION_DELAY).await;
                configured.settle(&pool);
            });
        }
        Ok(())
    }

    /// Ends the connections of the keys that were removed at least [`REVOCATION_DELAY`] ago and were not configured again in the same way.
    /// A pair of which neither key is configured any more is revoked.
    fn settle(&self, pool: &UpstreamPool) {
        let mut keys = self.write();
        let is_over = |since: &Instant| since.elapsed() >= REVOCATION_DELAY;
        let leaving = std::mem::take(&mut keys.leaving);
        let (over, leaving) = leaving.into_iter().partition(|(_, _, since)| is_over(since));
        keys.leaving = leaving;
        let alone: Vec<UpstreamKey> =
            keys.leaving_alone.extract_if(|_, since| is_over(since)).map(|(key, _)| key).collect();
        let over: Vec<(Pair, Arc<Upstream>, Instant)> = over;
        let is_known = |key: &UpstreamKey| keys.api_keys.contains_key(key);
        let over = over.into_iter().map(|((client, server), upstream, _)| {
            let is_shared = is_known(&client) || server.as_ref().is_some_and(is_known);
            (upstream, is_shared)
        });
        let over: Vec<(Arc<Upstream>, bool)> = over.collect();
        drop(keys);
        for (upstream, is_shared) in over {
            // If one of the two keys is configured in another way now, its clients must not be notified of a revocation.
            if !is_shared {
                upstream.revoke();
            }
            pool.source.end(&upstream);
        }
        pool.forget(&alone);
    }

    fn read(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keys {
    /// Returns the connection of a pair. A removed pair has its connection until it is revoked. Returns `None` for any other pair.
    fn find(&self, pair: &Pair) -> Option<Arc<Upstream>> {
        let upstreams = self.upstreams.iter().map(|(known, upstream)| (known, upstream));
        let leaving = self.leaving.iter().map(|(known, upstream, _)| (known, upstream));
        let mut all = upstreams.chain(leaving);
        all.find(|(known, _)| *known == pair).map(|(_, upstream)| Arc::clone(upstream))
    }
}

/// Creates and starts the connection of a client-evaluated key, which also serves the paired server-evaluated key if there is one.
fn connected(
    pool: &Arc<UpstreamPool>,
    name: &Arc<str>,
    (client_key, api_key): (UpstreamKey, ApiKey),
    server_key: Option<UpstreamKey>,
) -> Result<Arc<Upstream>, RelayError> {
    let (source, by) = (&pool.source, EvaluatedBy::Reader);
    let (mut grants, _) = Grants::relayed(&client_key.secret, name, by);
    if let Some(key) = server_key {
        grants.add_relayed(&key.secret, name, EvaluatedBy::Here);
    }
    // Each snapshot file contains a fingerprint of its key. The file names only have to differ for each key, and must not contain a
    // key.
    let file = source.options.snapshots.as_ref().map(|folder| {
        let print = ApiKeys::new([api_key.clone()]).map(|keys| keys.fingerprint());
        let print: String = print.unwrap_or_default().chars().take(16).collect();
        folder.join(format!("{}-{print}.json", client_key.environment))
    });
    let record = file.as_ref().map(|file| RecordFile::open(file.with_extension("standing")));
    let (record, key_state) = match record {
        Some((record, key_state)) => (Some(record), key_state),
        None => (None, KeyState::default()),
    };
    let parts = Parts {
        role: UpstreamRole::Keys,
        evaluated_by: by,
        attributes: 0,
        environment: client_key.environment,
        grants,
        settings: source.settings(name),
        answers: Arc::clone(&source.answers),
        key: client_key,
        key_state,
        record,
    };
    let upstream = Arc::new(Upstream::new(parts, |first| source.environments.add(first)));
    let with_snapshots = |builder: ClientBuilder| match file {
        Some(file) => builder.snapshot_file(file),
        None => builder,
    };
    source.connect(&upstream, &api_key, with_snapshots).map_err(RelayError::Client)?;
    let (follower, pool) = (Arc::clone(&upstream), Arc::clone(pool));
    source.runtime.spawn(async move {
        follower.follow(&pool, |_| OnRefusal::TellAndGoOn).await;
    });
    Ok(upstream)
}
