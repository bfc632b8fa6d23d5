//! The data that all routes share.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fh_eval::{Kind, Timestamp};
use tokio::sync::watch;
use uuid::Uuid;

use crate::admin_key::AdminKey;
use crate::connections::Connections;
use crate::cors::Cors;
use crate::evaluations::Evaluations;
use crate::metrics::Metrics;
use crate::notices::Notices;
use crate::options::Options;
use crate::origin::{Admission, CallerKind, KeyProof, KeyRequest, Opened, Opening, Origin};
use crate::rate::{FailedAttempts, Rates};
use crate::request_memory::RequestMemory;
use crate::serving::{Environments, Published, ServedFeature};
use crate::state::file::{self, StateFileError};
use crate::state::{Json, State};
use crate::state_store::{FeatureChange, ReplaceError};
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

/// The data that all routes share.
#[derive(Debug)]
pub(crate) struct SharedState {
    pub(crate) options: Options,
    pub(crate) cors: Cors,
    pub(crate) environments: Arc<Environments>,
    pub(crate) origin: Box<dyn Origin>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) evaluations: Evaluations,
    /// The rate of the log lines of refused changes.
    pub(crate) refused_changes: Arc<FailedAttempts>,
    pub(crate) memory: Arc<RequestMemory>,
    pub(crate) rates: Rates,
    /// True once the Edge has announced that it stops.
    is_stopping: AtomicBool,
    pub(crate) notices: Arc<Notices>,
    admin_key: watch::Sender<Option<AdminKey>>,
    /// The rate of wrong admin keys. The right key is not limited, so wrong keys cannot lock the operator out.
    pub(crate) failed_attempts: FailedAttempts,
}

impl SharedState {
    pub(crate) fn new(
        options: Options,
        environments: Arc<Environments>,
        origin: Box<dyn Origin>,
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

    /// Returns true if load balancers may send clients: the Edge can serve features, and has not announced that it stops.
    pub(crate) fn wants_clients(&self) -> bool {
        self.origin.is_ready() && !self.is_stopping.load(Ordering::Acquire)
    }

    /// Begins the stop of the Edge. Readiness checks fail from now on, and streams that wait for a first state stop waiting.
    pub(crate) fn stop(&self) {
        self.announce_stop();
        self.memory.stop();
        self.origin.stop();
    }

    /// Makes readiness checks fail, so that load balancers send no new clients. Open connections continue.
    pub(crate) fn announce_stop(&self) {
        self.is_stopping.store(true, Ordering::Release);
    }

    /// Returns whether this key may be valid. This check counts no request and makes no upstream connection.
    pub(crate) fn admits(&self, key: &RequestKey<'_>) -> Admission {
        match Opened::find(&self.environments, key) {
            Some(_) => Admission::Yes,
            None => self.origin.admits(key),
        }
    }

    /// Looks up a key. If the key may be valid, counts the request in the rate limits. `caller` says whether the request can wait if it
    /// exceeds a limit. `context` is called only by a relay that fetches features on demand.
    pub(crate) fn open(
        &self,
        key: &RequestKey<'_>,
        caller: CallerKind,
        address: Option<IpAddr>,
        context: impl Fn() -> RequestContext + Sync,
    ) -> Opening {
        self.open_proven(key, KeyProof::Wanted, caller, address, context)
    }

    /// Looks up a key like [`Self::open`], for a request that may have waited for the proof that its key is unknown.
    pub(crate) fn open_proven(
        &self,
        key: &RequestKey<'_>,
        proof: KeyProof,
        caller: CallerKind,
        address: Option<IpAddr>,
        context: impl Fn() -> RequestContext + Sync,
    ) -> Opening {
        let (environments, rates, context) = (&*self.environments, &self.rates, &context);
        let request = KeyRequest { key, caller, address, context, environments, rates, proof };
        request.open(&*self.origin)
    }

    /// Changes one feature, and returns the revision of the state after the change. New strategies are read and checked like those of a
    /// state file.
    pub(crate) async fn change(
        &self,
        environment: Uuid,
        feature: &str,
        mut change: FeatureChange,
    ) -> Result<u64, ReplaceError> {
        let writer = self.origin.writer_of_changes()?;
        let mut definition = None;
        if let Some(strategies) = &mut change.strategies {
            let mut read = self.read_strategies(environment, feature, strategies);
            if read.is_err() {
                self.find_newest().await?;
                read = self.read_strategies(environment, feature, strategies);
            }
            let (of, read) = read?;
            (definition, *strategies) = (Some(of), read);
        }
        let place = (environment, feature.into());
        writer.patch(place, definition, change, Box::new(|_| ())).await
    }

    /// Waits until this Edge serves the newest state, because another server of a cluster may have changed what a request refers to.
    pub(crate) async fn find_newest(&self) -> Result<(), ReplaceError> {
        let is_newest = self.origin.is_newest().await;
        let why = || ReplaceError::Away("the newest features are not known".into());
        is_newest.then_some(()).ok_or_else(why)
    }

    /// Reads strategies of a feature like those of a state file. Returns the id and the type of the feature, too.
    fn read_strategies(
        &self,
        environment: Uuid,
        feature: &str,
        strategies: &[Json],
    ) -> Result<((Uuid, Kind), Vec<Json>), ReplaceError> {
        let published = self.environments.get(environment).ok_or(ReplaceError::NotFound)?;
        let served = published.features.iter().find(|served| &*served.key == feature);
        let served = served.ok_or(ReplaceError::NotFound)?;
        let read = read_strategies(&published, served, strategies);
        Ok(((served.id, served.definition().kind), read.map_err(ReplaceError::Strategies)?))
    }

    /// Loads a base, and records the result in the metrics, also if the caller drops this future. Values without a version of their own get
    /// one from the time `as_of`, or from the current time.
    pub(crate) async fn reload(
        &self,
        base: State,
        as_of: Option<Timestamp>,
    ) -> Result<(), ReplaceError> {
        let metrics = Arc::clone(&self.metrics);
        let effect = Box::new(move |outcome: &Result<(), ReplaceError>| match outcome {
            Ok(()) => metrics.state_read(),
            Err(_) => metrics.reload_failed(),
        });
        self.origin.writer()?.reload(base, as_of, effect).await
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
