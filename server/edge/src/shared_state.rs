//! The data that all routes share.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::admin_key::AdminKey;
use crate::connections::Connections;
use crate::cors::Cors;
use crate::evaluations::Evaluations;
use crate::metrics::Metrics;
use crate::notices::{Notices, Topic};
use crate::options::Options;
use crate::origin::relay::{self, CallerKind, Proxied, Relay, UpstreamStatus};
use crate::rate::{Beyond, FailedAttempts, KeyVerification, Rates};
use crate::reply::Effect;
use crate::request_memory::RequestMemory;
use crate::serving::{
    Changes, Environments, Grant, PendingRevocation, Phase, Published, PublishedCell,
    ServedFeature, View,
};
use crate::state::file::{self, StateFileError};
use crate::state::{Json, State};
use crate::state_store::{FeatureChange, PutError, ReplaceError, Update, UpdateOutcome, Writer};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

/// The data that all routes share.
#[derive(Debug)]
pub(crate) struct SharedState {
    pub(crate) options: Options,
    pub(crate) cors: Cors,
    pub(crate) environments: Arc<Environments>,
    pub(crate) origin: Origin,
    pub(crate) connections: Arc<Connections>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) evaluations: Evaluations,
    /// The rate of the log lines of refused changes.
    pub(crate) refused_changes: Arc<FailedAttempts>,
    pub(crate) memory: Arc<RequestMemory>,
    rates: Rates,
    loading: watch::Sender<Loading>,
    /// True once the Edge has announced that it stops.
    is_stopping: AtomicBool,
    pub(crate) notices: Arc<Notices>,
    admin_key: watch::Sender<Option<AdminKey>>,
    /// The rate of wrong admin keys. The right key is not limited, so wrong keys cannot lock the operator out.
    pub(crate) failed_attempts: FailedAttempts,
}

/// The origin of the features that an Edge serves.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A state of this Edge's own, with the writer that changes it.
    StateStore(Writer),
    /// Another Edge, whose features this Edge relays.
    Relay(Box<Relay>),
}

/// The grant of a key, together with the generation that the key can read now.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// The cell to which the next generations are published.
    pub(crate) cell: Arc<PublishedCell>,
    pub(crate) published: Arc<Published>,
    pub(crate) grant: Grant,
    /// The time until which a removed key can still read this generation, because the key may come back (D-104). `None` for a valid key,
    /// and for every key of a relay.
    pub(crate) leaves: Option<Instant>,
    /// The fetch of the features from upstream; `None` unless this Edge is a relay that fetches the features of this key on demand.
    fetching: Option<Fetching>,
}

/// A fetch of features from upstream by a relay. While this value exists, the upstream connection counts as in use.
#[derive(Debug, Clone)]
struct Fetching {
    changes: Changes,
    until: Instant,
}

impl Opened {
    /// Returns the view of the key; `None` if the generation has no such view.
    pub(crate) fn view(&self) -> Option<&View> {
        self.published.view(self.grant.view)
    }
}

/// The result of checking whether a key may be valid, without looking up its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Yes,
    /// The Edge has no state yet, so it is unknown whether the key is valid.
    NotYet,
    No,
}

/// The result of looking up a key for a request.
#[derive(Debug)]
pub(crate) enum Opening {
    Open(Opened),
    /// The key may be valid, but the request exceeds a rate limit.
    Busy(Opened, Beyond),
    /// The relay sends no upstream request for this request now. The fields are the number of seconds to wait, and the reason.
    Full(u64, &'static str),
    Unknown,
    /// The Edge has no state yet, so it is unknown whether the key is valid (edge-protocol 2.5).
    NotYet,
}

/// The progress of loading the first state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loading {
    NotYet,
    Loaded,
    /// The Edge stopped before it loaded a state.
    Stopped,
}

impl SharedState {
    pub(crate) fn new(
        options: Options,
        environments: Arc<Environments>,
        origin: Origin,
        notices: Arc<Notices>,
    ) -> Self {
        let evaluations = Evaluations::new(options.max_context_bytes, options.evaluation_budget);
        let memory = Arc::new(RequestMemory::new(options.request_memory));
        Self {
            cors: Cors::new(&options),
            metrics: Arc::new(Metrics::new(evaluations.counters(), &memory)),
            memory,
            evaluations,
            refused_changes: Arc::new(FailedAttempts::new()),
            rates: Rates::new(&options),
            admin_key: watch::Sender::new(options.admin_key.clone()),
            failed_attempts: FailedAttempts::new(),
            options,
            environments,
            origin,
            connections: Arc::default(),
            loading: watch::Sender::new(Loading::NotYet),
            is_stopping: AtomicBool::new(false),
            notices,
        }
    }

    pub(crate) fn has_admin_key(&self) -> bool {
        self.admin_key.borrow().is_some()
    }

    /// Returns a receiver of the admin key in force. The key is `None` if there is no admin API.
    pub(crate) fn admin_key(&self) -> watch::Receiver<Option<AdminKey>> {
        self.admin_key.subscribe()
    }

    /// Replaces the admin key. Later requests need the new key, and open event streams of the admin API with another key end.
    pub(crate) fn set_admin_key(&self, key: AdminKey) {
        self.admin_key.send_replace(Some(key));
    }

    /// Sets the notice of a topic; `None` removes the notice.
    pub(crate) fn set_notice(&self, topic: Topic, notice: Option<String>) {
        self.notices.set(topic, notice);
    }

    pub(crate) fn notices(&self) -> &Notices {
        &self.notices
    }

    /// Records that a state is loaded.
    pub(crate) fn set_ready(&self) {
        self.loading.send_replace(Loading::Loaded);
    }

    /// Returns true if the Edge can serve features. An Edge with its own state needs a loaded state. A relay is ready if it serves features
    /// for every configured client-evaluated key, except keys that the upstream Edge has refused.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.origin {
            Origin::StateStore(_) => *self.loading.borrow() == Loading::Loaded,
            Origin::Relay(relay) => relay.is_ready(),
        }
    }

    /// Returns true if load balancers may send clients: the Edge can serve features, and has not announced that it stops (D-109).
    pub(crate) fn wants_clients(&self) -> bool {
        self.is_ready() && !self.is_stopping.load(Ordering::Acquire)
    }

    /// Returns the status of the upstream connections. The list is empty unless the Edge is a relay.
    pub(crate) fn upstreams(&self) -> Vec<UpstreamStatus> {
        match &self.origin {
            Origin::StateStore(_) => Vec::new(),
            Origin::Relay(relay) => relay.status(),
        }
    }

    /// Returns the writer of this Edge's own state. For a relay, the error is [`ReplaceError::Relayed`].
    pub(crate) fn writer(&self) -> Result<&Writer, ReplaceError> {
        match &self.origin {
            Origin::StateStore(writer) => Ok(writer),
            Origin::Relay(_) => Err(ReplaceError::Relayed),
        }
    }

    /// Begins the stop of the Edge. Readiness checks fail from now on, and streams that wait for a first state stop waiting.
    pub(crate) fn stop(&self) {
        self.announce_stop();
        self.memory.stop();
        self.loading.send_if_modified(|loading| {
            let waits = *loading == Loading::NotYet;
            if waits {
                *loading = Loading::Stopped;
            }
            waits
        });
    }

    /// Makes readiness checks fail, so that load balancers send no new clients. Open connections continue.
    pub(crate) fn announce_stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Waits until a state is loaded, or until the Edge stops without a state. Returns [`Loading::Loaded`] or [`Loading::Stopped`].
    pub(crate) async fn loaded(&self) -> Loading {
        let mut loading = self.loading.subscribe();
        let found = loading.wait_for(|loading| *loading != Loading::NotYet).await;
        found.map_or(Loading::Stopped, |loading| *loading)
    }

    /// Returns whether this key may be valid. This check counts no request and makes no upstream connection.
    pub(crate) fn admits(&self, key: &RequestKey<'_>) -> Admission {
        let is_known = self.find_for_reading(key).is_some();
        match &self.origin {
            _ if is_known => Admission::Yes,
            Origin::Relay(relay) if relay.admits(key) => Admission::Yes,
            Origin::StateStore(_) if !self.is_ready() => Admission::NotYet,
            _ => Admission::No,
        }
    }

    /// Returns true if requests are counted by address, so that the caller must determine the address of each request.
    pub(crate) const fn counts_addresses(&self) -> bool {
        self.rates.count_addresses()
    }

    /// Looks up a key. If the key may be valid, counts the request in the rate limits. `asker` says whether the request can wait if it
    /// exceeds a limit. `context` is called only by a relay that fetches features on demand.
    pub(crate) fn open(
        &self,
        key: &RequestKey<'_>,
        asker: CallerKind,
        address: Option<IpAddr>,
        context: impl FnOnce() -> RequestContext,
    ) -> Opening {
        let (opened, counted) = match (self.find_for_reading(key), &self.origin) {
            (Some(opened), _) => {
                (opened, self.count_for(asker, key, address, || KeyVerification::Verified))
            }
            (None, Origin::StateStore(_)) if self.is_ready() => return Opening::Unknown,
            (None, Origin::StateStore(_)) => return Opening::NotYet,
            (None, Origin::Relay(relay)) => {
                if !relay.admits(key) {
                    return Opening::Unknown;
                }
                let counted = self.count_for(asker, key, address, || relay.verification(key));
                // A poll that exceeds its limit must not cause upstream requests.
                if let (Err(beyond), CallerKind::Poll) = (counted, asker) {
                    return Opening::Full(beyond.seconds(), beyond.as_str());
                }
                match relay.open(key, asker, context) {
                    Proxied::Open(relay::Opened { cell, grant, changes, until }) => {
                        let published = cell.current();
                        let fetching = Some(Fetching { changes, until: until.into() });
                        (Opened { cell, published, grant, leaves: None, fetching }, counted)
                    }
                    Proxied::Full(seconds) => {
                        return Opening::Full(
                            seconds,
                            "the relay has no free upstream connection for this key",
                        );
                    }
                    Proxied::Unknown => return Opening::Unknown,
                }
            }
        };
        if let Origin::Relay(relay) = &self.origin
            && opened.published.settings.stale
        {
            relay.asked_for_stale(&opened.cell);
        }
        match counted {
            Ok(()) => Opening::Open(opened),
            Err(beyond) => Opening::Busy(opened, beyond),
        }
    }

    /// Looks up a key in the environments that are served, without counting a request. Returns `None` if no environment contains the key.
    /// Keys whose features a relay fetches on demand are in no environment.
    pub(crate) fn find(&self, key: &RequestKey<'_>) -> Option<Opened> {
        let (cell, published, grant) = self.environments.open(key.environment, key.secret)?;
        Some(Opened { cell, published, grant, leaves: None, fetching: None })
    }

    /// Looks up a key for reading. A key that a new state file does not contain can still read during its revocation delay. Returns `None`
    /// if no environment contains the key and no revocation of the key is pending.
    fn find_for_reading(&self, key: &RequestKey<'_>) -> Option<Opened> {
        self.find(key).or_else(|| {
            let left = self.environments.open_leaving(key.environment, key.secret)?;
            let PendingRevocation { cell, published, grant, until } = left;
            Some(Opened { cell, published, grant, leaves: Some(until), fetching: None })
        })
    }

    /// Counts a request with a known key in the rate limits.
    ///
    /// # Errors
    /// Returns [`Beyond`] if the request exceeds a rate limit.
    pub(crate) fn count(
        &self,
        key: &RequestKey<'_>,
        address: Option<IpAddr>,
    ) -> Result<(), Beyond> {
        self.rates.take(key, address, || KeyVerification::Verified)
    }

    /// Counts a stream in the rate limit of its key, after the stream has waited for the rate limit of its address.
    ///
    /// # Errors
    /// Returns the number of seconds until the stream may continue, if the limit of its key is exceeded.
    pub(crate) fn count_stream_again(&self, key: &RequestKey<'_>) -> Result<(), u64> {
        self.rates.queue_for_key(key)
    }

    /// Counts a request in the rate limits. A stream that exceeds a limit is accepted all the same, and gets its features later (D-98).
    fn count_for(
        &self,
        asker: CallerKind,
        key: &RequestKey<'_>,
        address: Option<IpAddr>,
        verification: impl FnOnce() -> KeyVerification,
    ) -> Result<(), Beyond> {
        match asker {
            CallerKind::Poll => self.rates.take(key, address, verification),
            CallerKind::Stream => self.rates.queue(key, address, verification),
        }
    }

    /// Waits for the first features of a key that a relay fetches from upstream. If no features arrive before the timeout, or the cell is
    /// closed first, the result contains the generation without features. The result is [`Opening::Unknown`] if the upstream Edge has
    /// refused the key.
    pub(crate) async fn fetched(&self, mut opened: Opened) -> Opening {
        if opened.published.phase == Phase::Waiting
            && let Some(Fetching { changes, until }) = &mut opened.fetching
        {
            let is_over = |published: &Published| {
                published.phase != Phase::Waiting
                    || published.grants.is_empty()
                    || published.closing.is_some()
            };
            let cell = &opened.cell;
            let over =
                async { while !is_over(&cell.current()) && changes.changed().await.is_ok() {} };
            // The loop may also end by a timeout. The current generation is the result in each case.
            drop(tokio::time::timeout_at(*until, over).await);
            opened.published = opened.cell.current();
        }
        if opened.published.grants.is_empty() { Opening::Unknown } else { Opening::Open(opened) }
    }

    /// Changes one feature, and returns the revision of the state after the change. New strategies are read and checked like those of a
    /// state file.
    pub(crate) async fn change(
        &self,
        environment: Uuid,
        feature: &str,
        mut change: FeatureChange,
    ) -> Result<u64, ReplaceError> {
        let writer = self.writer()?;
        if let Some(strategies) = change.strategies.take() {
            let published = self.environments.get(environment).ok_or(ReplaceError::NotFound)?;
            let served = published.features.iter().find(|served| &*served.key == feature);
            let served = served.ok_or(ReplaceError::NotFound)?;
            let read = read_strategies(&published, served, &strategies);
            change.strategies = Some(read.map_err(ReplaceError::Strategies)?);
        }
        writer.patch((environment, feature.into()), change, Box::new(|_| ())).await
    }

    /// Replaces the whole state, and records that a state is loaded. `effect` runs with the outcome, also if the caller drops this future.
    pub(crate) async fn replace(
        &self,
        state: State,
        revision: Option<u64>,
        effect: Effect<Result<u64, ReplaceError>>,
    ) -> Result<u64, ReplaceError> {
        let loading = self.loading.clone();
        let effect = Box::new(move |outcome: &Result<u64, ReplaceError>| {
            effect(outcome);
            if outcome.is_ok() {
                loading.send_replace(Loading::Loaded);
            }
        });
        self.writer()?.replace(state, revision, effect).await
    }

    /// Loads a base, and records the result in the metrics, also if the caller drops this future.
    pub(crate) async fn reload(&self, base: State) -> Result<(), ReplaceError> {
        let (loading, metrics) = (self.loading.clone(), Arc::clone(&self.metrics));
        let effect = Box::new(move |outcome: &Result<(), ReplaceError>| match outcome {
            Ok(()) => {
                loading.send_replace(Loading::Loaded);
                metrics.state_read();
            }
            Err(_) => metrics.reload_failed(),
        });
        self.writer()?.reload(base, effect).await
    }

    /// Carries out a PUT on this Edge's own state. `effect` runs with the outcome, also if the caller drops this future. The error is
    /// [`PutError::Closed`] if this Edge is a relay or its writer thread has ended.
    pub(crate) async fn put(
        &self,
        key: &RequestKey<'_>,
        open: &Opened,
        feature: &str,
        update: Update,
        effect: Effect<Result<UpdateOutcome, PutError>>,
    ) -> Result<UpdateOutcome, PutError> {
        let filters = open.view().map(|view| view.key.filters.clone()).unwrap_or_default();
        let place = (key.environment, feature.into());
        let Ok(writer) = self.writer() else { return Err(PutError::Closed) };
        writer.put(place, filters, open.grant.permissions, update, effect).await
    }
}

/// Reads and checks new strategies of a feature like those of a state file.
pub(crate) fn read_strategies(
    published: &Published,
    feature: &ServedFeature,
    strategies: &[Json],
) -> Result<Vec<Json>, StateFileError> {
    let list: Vec<&str> = strategies.iter().map(Json::as_str).collect();
    let list = format!("[{}]", list.join(","));
    file::read_strategies(&list, &feature.definition(), published.settings.profile)
}
