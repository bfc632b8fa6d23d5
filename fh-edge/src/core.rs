//! What all routes share.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use crate::admin_key::AdminKey;
use crate::api::Cors;
use crate::connections::Connections;
use crate::evaluations::Evaluations;
use crate::metrics::Metrics;
use crate::notices::{Notices, Topic};
use crate::options::Options;
use crate::origin::relay::{self, Asker, Proxied, Relay, UpstreamStatus};
use crate::rate::{Beyond, KeyStanding, Rates};
use crate::serving::{
    Changes, Environments, Grant, Leaver, Phase, Published, ServedFeature, Slot, View,
};
use crate::state::Json;
use crate::state::file::{self, StateFileError};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;
use crate::world::{FeatureChange, PutError, ReplaceError, Update, UpdateOutcome, Writer};

/// What all routes share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) cors: Cors,
    pub(crate) environments: Arc<Environments>,
    pub(crate) origin: Origin,
    pub(crate) connections: Arc<Connections>,
    pub(crate) metrics: Metrics,
    pub(crate) evaluations: Evaluations,
    rates: Rates,
    loading: watch::Sender<Loading>,
    /// The end has begun.
    is_stopping: AtomicBool,
    notices: Notices,
    admin_key: RwLock<Option<AdminKey>>,
}

/// Where features come from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// A state of this Edge's own, and who changes it.
    World(Writer),
    /// Another Edge.
    Relay(Box<Relay>),
}

/// What a key opens at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// Where the next generations will be.
    pub(crate) slot: Arc<Slot>,
    pub(crate) published: Arc<Published>,
    pub(crate) grant: Grant,
    /// If the key is not good any more, but may come back: until when it opens this (D-104).
    pub(crate) leaves: Option<Instant>,
    /// If a relay asks upstream for it: how long to wait for the answer.
    fetching: Option<Fetching>,
}

/// Something that is asked for upstream. It stays as long as this lives.
#[derive(Debug, Clone)]
struct Fetching {
    changes: Changes,
    until: Instant,
}

impl Opened {
    /// What its holder sees.
    pub(crate) fn view(&self) -> Option<&View> {
        self.published.view(self.grant.view)
    }
}

/// Might a key open something?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    Yes,
    /// There is no state yet, so nobody knows.
    NotYet,
    No,
}

/// What asking with a key comes to.
#[derive(Debug)]
pub(crate) enum Opening {
    Open(Opened),
    /// It is beyond a limit of requests.
    Busy(Opened, Beyond),
    /// The relay sends nothing upstream for this key now. The number of seconds to wait, and the reason.
    Full(u64, &'static str),
    Unknown,
    /// There is no state yet, so nobody knows (edge-protocol 2.5).
    NotYet,
}

/// How far the first state has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loading {
    NotYet,
    Loaded,
    /// The Edge stopped before it had one.
    Stopped,
}

impl Core {
    pub(crate) fn new(options: Options, environments: Arc<Environments>, origin: Origin) -> Self {
        Self {
            cors: Cors::new(&options),
            evaluations: Evaluations::new(options.max_context_bytes, options.evaluation_budget),
            rates: Rates::new(&options),
            admin_key: RwLock::new(options.admin_key.clone()),
            options,
            environments,
            origin,
            connections: Arc::default(),
            metrics: Metrics::new(),
            loading: watch::Sender::new(Loading::NotYet),
            is_stopping: AtomicBool::new(false),
            notices: Notices::default(),
        }
    }

    /// Returns true if there is an admin API.
    pub(crate) fn has_admin_key(&self) -> bool {
        self.admin_key.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// Compares with the admin key in the same time for every key.
    pub(crate) fn is_admin_key(&self, given: &str) -> bool {
        let key = self.admin_key.read().unwrap_or_else(PoisonError::into_inner);
        key.as_ref().is_some_and(|key| key.is(given))
    }

    /// Puts another admin key in the place of the one in force, from the next request on.
    pub(crate) fn set_admin_key(&self, key: AdminKey) {
        *self.admin_key.write().unwrap_or_else(PoisonError::into_inner) = Some(key);
    }

    /// Sets what readiness says of a topic.
    pub(crate) fn set_notice(&self, topic: Topic, notice: Option<String>) {
        self.notices.set(topic, notice);
    }

    /// The problems of an Edge that serves all the same, a line for each.
    pub(crate) fn notices(&self) -> String {
        self.notices.text()
    }

    /// There is a state to serve.
    pub(crate) fn set_ready(&self) {
        self.loading.send_replace(Loading::Loaded);
    }

    /// Is there a state to serve? A relay has as many as it has keys.
    pub(crate) fn is_ready(&self) -> bool {
        match &self.origin {
            Origin::World(_) => *self.loading.borrow() == Loading::Loaded,
            Origin::Relay(relay) => relay.is_ready(),
        }
    }

    /// Should clients be sent here? Not before there is a state, and not once the end has begun (D-109).
    pub(crate) fn wants_clients(&self) -> bool {
        self.is_ready() && !self.is_stopping.load(Ordering::Acquire)
    }

    /// How the connections upstream are doing, if there are any.
    pub(crate) fn upstreams(&self) -> Vec<UpstreamStatus> {
        match &self.origin {
            Origin::World(_) => Vec::new(),
            Origin::Relay(relay) => relay.status(),
        }
    }

    /// Who changes the state of this Edge's own.
    pub(crate) fn writer(&self) -> Result<&Writer, ReplaceError> {
        match &self.origin {
            Origin::World(writer) => Ok(writer),
            Origin::Relay(_) => Err(ReplaceError::Relayed),
        }
    }

    /// The Edge stops: nobody should come any more, and who waits for a state waits in vain.
    pub(crate) fn stop(&self) {
        self.announce_stop();
        self.loading.send_if_modified(|loading| {
            let waits = *loading == Loading::NotYet;
            if waits {
                *loading = Loading::Stopped;
            }
            waits
        });
    }

    /// Makes readiness fail, so that no new clients are sent here. Present connections go on.
    pub(crate) fn announce_stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Waits until there is a state, or will be none.
    pub(crate) async fn loaded(&self) -> Loading {
        let mut loading = self.loading.subscribe();
        let found = loading.wait_for(|loading| *loading != Loading::NotYet).await;
        found.map_or(Loading::Stopped, |loading| *loading)
    }

    /// Might this key open something? Without counting, and without asking upstream.
    pub(crate) fn admits(&self, key: &RequestKey<'_>) -> Admission {
        let is_known = self.look_once_more(key).is_some();
        match &self.origin {
            _ if is_known => Admission::Yes,
            Origin::Relay(relay) if relay.admits(key) => Admission::Yes,
            Origin::World(_) if !self.is_ready() => Admission::NotYet,
            _ => Admission::No,
        }
    }

    /// Returns true if requests are counted by address, so that it is worth finding out.
    pub(crate) const fn counts_addresses(&self) -> bool {
        self.rates.count_addresses()
    }

    /// Looks a key up, and counts the request. Of the context only a relay makes something here.
    pub(crate) fn open(
        &self,
        key: &RequestKey<'_>,
        asker: Asker,
        address: Option<IpAddr>,
        context: impl FnOnce() -> RequestContext,
    ) -> Opening {
        let (opened, counted) = match (self.look_once_more(key), &self.origin) {
            (Some(opened), _) => {
                (opened, self.count_for(asker, key, address, || KeyStanding::Known))
            }
            (None, Origin::World(_)) if self.is_ready() => return Opening::Unknown,
            (None, Origin::World(_)) => return Opening::NotYet,
            (None, Origin::Relay(relay)) => {
                if !relay.admits(key) {
                    return Opening::Unknown;
                }
                let counted = self.count_for(asker, key, address, || relay.standing(key));
                // Who asks too often does not make this Edge do so upstream.
                if let (Err(beyond), Asker::Poll) = (counted, asker) {
                    return Opening::Full(beyond.seconds(), beyond.as_str());
                }
                match relay.open(key, asker, context) {
                    Proxied::Open(relay::Opened { slot, grant, changes, until }) => {
                        let published = slot.current();
                        let fetching = Some(Fetching { changes, until: until.into() });
                        (Opened { slot, published, grant, leaves: None, fetching }, counted)
                    }
                    Proxied::Full(seconds) => {
                        return Opening::Full(seconds, "the relay has no room for another key");
                    }
                    Proxied::Unknown => return Opening::Unknown,
                }
            }
        };
        if let Origin::Relay(relay) = &self.origin
            && opened.published.settings.stale
        {
            relay.asked_for_stale(&opened.slot);
        }
        match counted {
            Ok(()) => Opening::Open(opened),
            Err(beyond) => Opening::Busy(opened, beyond),
        }
    }

    /// What a key opens in an environment that is served, without counting.
    pub(crate) fn look(&self, key: &RequestKey<'_>) -> Option<Opened> {
        let (slot, published, grant) = self.environments.open(key.environment, key.secret)?;
        Some(Opened { slot, published, grant, leaves: None, fetching: None })
    }

    /// The same for reading, which a key still may for a moment after a file lost it.
    fn look_once_more(&self, key: &RequestKey<'_>) -> Option<Opened> {
        self.look(key).or_else(|| {
            let left = self.environments.open_leaving(key.environment, key.secret)?;
            let Leaver { slot, published, grant, until } = left;
            Some(Opened { slot, published, grant, leaves: Some(until), fetching: None })
        })
    }

    /// Counts a request of a key that is good.
    ///
    /// # Errors
    /// [`Beyond`] if it is beyond a limit.
    pub(crate) fn count(
        &self,
        key: &RequestKey<'_>,
        address: Option<IpAddr>,
    ) -> Result<(), Beyond> {
        self.rates.take(key, address, || KeyStanding::Known)
    }

    /// Counts a stream that has waited for its address. Without a token of its key, returns the seconds until its turn.
    pub(crate) fn count_stream_again(&self, key: &RequestKey<'_>) -> Result<(), u64> {
        self.rates.queue_for_key(key)
    }

    /// Counts a request. A stream may wait: it gets its features in its turn (D-98).
    fn count_for(
        &self,
        asker: Asker,
        key: &RequestKey<'_>,
        address: Option<IpAddr>,
        standing: impl FnOnce() -> KeyStanding,
    ) -> Result<(), Beyond> {
        match asker {
            Asker::Poll => self.rates.take(key, address, standing),
            Asker::Stream => self.rates.queue(key, address, standing),
        }
    }

    /// Waits for what is being asked for upstream.
    pub(crate) async fn fetched(&self, mut opened: Opened) -> Opening {
        if opened.published.phase == Phase::Waiting
            && let Some(Fetching { changes, until }) = &mut opened.fetching
        {
            let is_over = |published: &Published| {
                published.phase != Phase::Waiting
                    || published.grants.is_empty()
                    || published.closing.is_some()
            };
            let slot = &opened.slot;
            let over =
                async { while !is_over(&slot.current()) && changes.changed().await.is_ok() {} };
            // Late or gone: what there is then is the answer.
            drop(tokio::time::timeout_at(*until, over).await);
            opened.published = opened.slot.current();
        }
        if opened.published.grants.is_empty() { Opening::Unknown } else { Opening::Open(opened) }
    }

    /// Changes one feature, whose strategies are read as in a state file. The new revision.
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
        writer.patch((environment, feature.into()), change).await
    }

    /// Carries a PUT out in the state of this Edge's own.
    pub(crate) async fn put(
        &self,
        key: &RequestKey<'_>,
        open: &Opened,
        feature: &str,
        update: Update,
    ) -> Result<UpdateOutcome, PutError> {
        let filters = open.view().map(|view| view.key.filters.clone()).unwrap_or_default();
        let place = (key.environment, feature.into());
        let Ok(writer) = self.writer() else { return Err(PutError::Closed) };
        let answer = writer.put(place, filters, open.grant.permissions, update).await;
        answer.unwrap_or(Err(PutError::Closed))
    }
}

/// Reads the strategies of a feature as a state file has them.
pub(crate) fn read_strategies(
    published: &Published,
    feature: &ServedFeature,
    strategies: &[Json],
) -> Result<Vec<Json>, StateFileError> {
    let list: Vec<&str> = strategies.iter().map(Json::as_str).collect();
    let list = format!("[{}]", list.join(","));
    file::read_strategies(&list, &feature.definition(), published.settings.profile)
}
