//! Starts a relay from its settings.

use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use fh_client::transport::{ReqwestTransport, Transport};
use fh_client::{ApiKey, ApiKeys, Client, ClientBuilder, Config, EdgeUrl, KeyKind, StartError};
use fh_eval::{Profile, Timestamp};
use http::HeaderValue;
use tokio::runtime::Handle;

use super::Relay;
use super::configured::Configured;
use super::error::RelayError;
use super::folder::FolderLock;
use super::key::UpstreamKey;
use super::key_state::{KeyState, Terms};
use super::options::{RelayKeys, RelayOptions};
use super::put::Updates;
use super::record::RecordFile;
use super::status::UpstreamRole;
use super::upstream::{OnRefusal, Parts, Upstream};
use super::upstream_pool::UpstreamPool;
use super::worker::Worker;
use crate::options::Options;
use crate::serving::{AnswerBudget, Environments, EvaluatedBy, Grants, Settings};

/// A placeholder for an API key, with which settings are checked. It is never sent.
const ANY_KEY: &str = "relay/*";

/// The settings and resources that all upstream connections share.
pub(super) struct Source {
    edge: EdgeUrl,
    transport: Arc<dyn Transport>,
    options: RelayOptions,
    /// The headers of upstream clients, including those that [`RelayOptions::configure`] adds.
    headers: RwLock<Vec<(String, String)>>,
    pub(super) runtime: Handle,
    pub(super) environments: Arc<Environments>,
    cache_control: Option<HeaderValue>,
    pub(super) answers: Arc<AnswerBudget>,
    pub(super) terms: Terms,
    /// The time within which the upstream Edge has to answer a client of [`Self::one_request`].
    pub(super) patience: Duration,
}

impl Source {
    /// Starts the client of an upstream connection with this key. `change` adds settings to the builder of the client.
    ///
    /// # Errors
    /// Returns [`StartError`] if the client cannot be created.
    pub(super) fn connect(
        &self,
        upstream: &Upstream,
        key: &ApiKey,
        change: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> Result<(), StartError> {
        // The lock is held until the upstream connection has its client, so that no client misses new headers.
        let headers = self.headers();
        let builder = self.configured(Client::builder(self.edge.as_str(), key.expose()), &headers);
        let builder = match self.options.polling {
            Some(interval) => builder.polling(interval),
            None => builder.streaming(),
        };
        upstream.adopt(change(builder).start()?);
        Ok(())
    }

    /// Returns a builder of a client that polls with this key until the upstream Edge has answered once.
    pub(super) fn one_request(&self, key: &ApiKey) -> ClientBuilder {
        self.configured(Client::builder(self.edge.as_str(), key.expose()), &self.headers()).once()
    }

    /// Returns the current time of the relay's clock.
    pub(super) fn now(&self) -> Timestamp {
        (self.options.clock)()
    }

    /// Adds the relay's settings and these headers to the builder of a client.
    fn configured(&self, builder: ClientBuilder, headers: &[(String, String)]) -> ClientBuilder {
        let (changes, headers) = (self.options.changes.clone(), headers.to_vec());
        builder
            .transport(Arc::clone(&self.transport))
            .runtime(self.runtime.clone())
            // Without this setting, each client would start a thread for its listeners.
            .without_listeners()
            .identification(concat!("fh-edge,", env!("CARGO_PKG_VERSION")))
            .configure(move |config| {
                changes.iter().for_each(|change| change(config));
                config.headers.clone_from(&headers);
            })
    }

    /// Checks that clients can be created with these headers, because clients that are created on demand would report an invalid header too
    /// late.
    fn check_settings(&self, headers: &[(String, String)]) -> Result<(), RelayError> {
        let client = Client::builder(self.edge.as_str(), ANY_KEY);
        drop(self.configured(client, headers).offline().start().map_err(RelayError::Client)?);
        Ok(())
    }

    /// Sets the headers of later upstream clients: these headers, and those that [`RelayOptions::configure`] adds. Returns all of them, so
    /// that the caller can pass them to the existing clients.
    ///
    /// # Errors
    /// Returns [`RelayError`] if a header cannot be sent. Then the headers do not change.
    pub(super) fn set_headers(
        &self,
        headers: &[(String, String)],
    ) -> Result<Vec<(String, String)>, RelayError> {
        let headers = config(&self.options, headers, &self.edge)?.headers;
        self.check_settings(&headers)?;
        let mut held = self.headers.write().unwrap_or_else(PoisonError::into_inner);
        held.clone_from(&headers);
        Ok(headers)
    }

    fn headers(&self) -> RwLockReadGuard<'_, Vec<(String, String)>> {
        self.headers.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn settings(&self, name: &Arc<str>) -> Settings {
        Settings {
            name: Arc::clone(name),
            cache_control: self.cache_control.clone(),
            stale: false,
            profile: Profile::Client,
            accepted: Arc::default(),
        }
    }
}

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

impl Relay {
    /// Starts a relay. Returns without waiting for the upstream Edge.
    ///
    /// # Errors
    /// Returns [`RelayError`] if a setting is not valid, if another relay uses the snapshot folder, or if the operating system refuses a
    /// resource such as a thread.
    pub(crate) fn start(
        options: RelayOptions,
        edge: &Options,
        environments: &Arc<Environments>,
    ) -> Result<Self, RelayError> {
        if edge.profile == Profile::Edge {
            return Err(RelayError::ProfileEdge);
        }
        let keys = Checked::all(&options.keys)?;
        if keys.is_empty() && options.any_key.is_none() {
            return Err(RelayError::NoKeys);
        }
        let lock = options.snapshots.as_deref().map(FolderLock::take).transpose()?;
        let idle = Worker::prepare().map_err(RelayError::Thread)?;
        let url = EdgeUrl::parse(&options.url).map_err(RelayError::Url)?;
        let settings = config(&options, &options.headers, &url)?;
        let source = Arc::new(Source {
            transport: match &options.transport {
                Some(transport) => Arc::clone(transport),
                None => default_transport(&settings)?,
            },
            edge: url,
            options: options.clone(),
            headers: RwLock::new(settings.headers.clone()),
            runtime: idle.handle().clone(),
            environments: Arc::clone(environments),
            cache_control: edge.cache_control.clone(),
            answers: AnswerBudget::new(edge.answer_cache),
            terms: Terms {
                max_age: options.limits.max_age,
                revoke_after: options.limits.revoke_after,
            },
            patience: settings.limits.poll,
        });
        source.check_settings(&settings.headers)?;
        let updates = Updates::new(&source.edge, &source.transport, &settings);
        let limits = options.limits.clone();
        let pool =
            Arc::new(UpstreamPool::new(Arc::clone(&source), options.any_key, limits.clone()));
        let configured = Arc::new(Configured::default());
        configured.change(keys, &pool)?;
        idle.handle().spawn(Arc::clone(&pool).keep_tidy());
        let (last, folder) = (Arc::clone(&configured), lock.clone());
        let at_last = async move {
            let last = last.all();
            for upstream in &last {
                upstream.close_client();
            }
            for upstream in &last {
                if let Some(client) = upstream.client() {
                    client.closed().await;
                }
                upstream.write_record().await;
            }
            drop(folder);
        };
        let worker = idle.start(at_last).map_err(RelayError::Thread)?;
        Ok(Self { configured, pool, updates, limits, lock, worker })
    }
}

impl Source {
    /// Ends a connection, and removes the cell of its features. The streams of the connection get `bye`, unless the key counts as refused.
    pub(super) fn end(&self, upstream: &Upstream) {
        match upstream.cell.current().grants.is_empty() {
            true => upstream.close_client(),
            false => upstream.close(),
        }
        self.environments.remove_slot(&upstream.cell);
    }

    /// Creates and starts the connection of a client-evaluated key, which also serves the paired server-evaluated key if there is one.
    pub(super) fn upstream(
        &self,
        pool: &Arc<UpstreamPool>,
        name: &Arc<str>,
        (client_key, api_key): (UpstreamKey, ApiKey),
        server_key: Option<UpstreamKey>,
    ) -> Result<Arc<Upstream>, RelayError> {
        let by = EvaluatedBy::Reader;
        let (mut grants, _) = Grants::relayed(&client_key.secret, name, by);
        if let Some(key) = server_key {
            grants.add_relayed(&key.secret, name, EvaluatedBy::Here);
        }
        // Each snapshot file contains a fingerprint of its key. The file names only have to differ for each key, and must not contain a
        // key.
        let file = self.options.snapshots.as_ref().map(|folder| {
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
            settings: self.settings(name),
            answers: Arc::clone(&self.answers),
            key: client_key,
            key_state,
            record,
        };
        let upstream = Arc::new(Upstream::new(parts, |first| self.environments.add(first)));
        let with_snapshots = |builder: ClientBuilder| match file {
            Some(file) => builder.snapshot_file(file),
            None => builder,
        };
        self.connect(&upstream, &api_key, with_snapshots).map_err(RelayError::Client)?;
        let (follower, pool) = (Arc::clone(&upstream), Arc::clone(pool));
        self.runtime.spawn(async move {
            follower.follow(&pool, |_| OnRefusal::TellAndGoOn).await;
        });
        Ok(upstream)
    }
}

/// Returns the configuration of an upstream client that sends these headers.
fn config(
    options: &RelayOptions,
    headers: &[(String, String)],
    url: &EdgeUrl,
) -> Result<Config, RelayError> {
    let key = ApiKeys::parse([ANY_KEY]).map_err(|why| RelayError::Key(0, why))?;
    let mut config = Config::new(url.clone(), key);
    config.headers.extend(headers.iter().cloned());
    options.changes.iter().for_each(|change| change(&mut config));
    Ok(config)
}

/// Creates a transport that uses a separate connection for each stream, because servers limit the number of streams on one connection.
fn default_transport(config: &Config) -> Result<Arc<dyn Transport>, RelayError> {
    let builder = ReqwestTransport::builder().http1_only().connect_timeout(config.limits.connect);
    match builder.build() {
        Ok(transport) => Ok(Arc::new(transport)),
        Err(why) => Err(RelayError::Client(why.into())),
    }
}
