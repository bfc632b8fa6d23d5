//! What all routes share.

use std::sync::Arc;

use tokio::sync::watch;

use crate::api::Cors;
use crate::connections::Connections;
use crate::metrics::Metrics;
use crate::options::Options;
use crate::rate::Rates;
use crate::serving::{Environments, Grant, Published, Slot, View};
use crate::wire::api_key::RequestKey;
use crate::world::{PutError, Update, UpdateOutcome, Writer};

/// What all routes share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) options: Options,
    pub(crate) cors: Cors,
    pub(crate) environments: Arc<Environments>,
    pub(crate) writer: Writer,
    pub(crate) connections: Arc<Connections>,
    pub(crate) metrics: Metrics,
    rates: Rates,
    loading: watch::Sender<Loading>,
}

/// What a key opens at this moment.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    /// Where the next generations will be.
    pub(crate) slot: Arc<Slot>,
    pub(crate) published: Arc<Published>,
    pub(crate) grant: Grant,
}

impl Opened {
    /// What its holder sees.
    pub(crate) fn view(&self) -> Option<&View> {
        self.published.view(self.grant.view)
    }
}

/// What asking with a key comes to.
#[derive(Debug)]
pub(crate) enum Opening {
    Open(Opened),
    /// It asked too often; it may again after this many seconds.
    Busy(Opened, u64),
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
    pub(crate) fn new(options: Options, environments: Arc<Environments>, writer: Writer) -> Self {
        Self {
            cors: Cors::new(&options),
            rates: Rates::new(options.requests_per_second),
            options,
            environments,
            writer,
            connections: Arc::default(),
            metrics: Metrics::new(),
            loading: watch::Sender::new(Loading::NotYet),
        }
    }

    /// There is a state to serve.
    pub(crate) fn set_ready(&self) {
        self.loading.send_replace(Loading::Loaded);
    }

    pub(crate) fn is_ready(&self) -> bool {
        *self.loading.borrow() == Loading::Loaded
    }

    /// The Edge stops; who waits for a state waits in vain.
    pub(crate) fn stop_loading(&self) {
        self.loading.send_if_modified(|loading| {
            let waits = *loading == Loading::NotYet;
            if waits {
                *loading = Loading::Stopped;
            }
            waits
        });
    }

    /// Waits until there is a state, or will be none.
    pub(crate) async fn loaded(&self) -> Loading {
        let mut loading = self.loading.subscribe();
        let found = loading.wait_for(|loading| *loading != Loading::NotYet).await;
        found.map_or(Loading::Stopped, |loading| *loading)
    }

    /// Looks a key up, and counts the request.
    pub(crate) fn open(&self, key: &RequestKey<'_>) -> Opening {
        let Some(opened) = self.look(key) else {
            return if self.is_ready() { Opening::Unknown } else { Opening::NotYet };
        };
        match self.rates.take(key) {
            Ok(()) => Opening::Open(opened),
            Err(seconds) => Opening::Busy(opened, seconds),
        }
    }

    /// What a key opens, without counting.
    pub(crate) fn look(&self, key: &RequestKey<'_>) -> Option<Opened> {
        let (slot, published, grant) = self.environments.open(key.environment, key.secret)?;
        Some(Opened { slot, published, grant })
    }

    /// Carries a PUT out.
    pub(crate) async fn put(
        &self,
        key: &RequestKey<'_>,
        open: &Opened,
        feature: &str,
        update: Update,
    ) -> Result<UpdateOutcome, PutError> {
        let filters = open.view().map(|view| view.key.filters.clone()).unwrap_or_default();
        let place = (key.environment, feature.into());
        let answer = self.writer.put(place, filters, open.grant.permissions, update).await;
        answer.unwrap_or(Err(PutError::Closed))
    }
}
