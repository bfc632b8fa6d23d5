//! A relay: an Edge whose features come from another Edge (D-92). Any number of clients share one upstream connection per client-evaluated
//! key, or per context of a server-evaluated key that has no paired client-evaluated key.
//!
//! ```no_run
//! use fh_edge::Edge;
//! use fh_edge::origin::relay::{RelayKeys, RelayOptions};
//! # fn run() -> Result<(), fh_edge::StartError> {
//! let relay = RelayOptions::new("https://edge.example")
//!     .keys(RelayKeys::pair("ENVIRONMENT/CLIENT*KEY", "ENVIRONMENT/SERVERKEY").named("shop"))
//!     .snapshot_folder("/var/lib/fh-edge/relay");
//! let edge = Edge::builder().relay(relay).build()?;
//! # Ok(()) }
//! ```
//!
//! Each client-evaluated key has one upstream connection. The connection supplies the clients with that key, and the clients with the
//! paired server-evaluated key. If the upstream Edge is unreachable, slow or returns errors, clients keep their features until these expire
//! ([`RelayLimits::max_age`]) or the key is revoked ([`RelayLimits::revoke_after`]). With a
//! [`snapshot_folder`](RelayOptions::snapshot_folder), clients of configured client-evaluated keys can get the stored features after a
//! restart.

mod configured;
mod error;
mod folder;
mod key;
mod key_state;
mod options;
mod pool_entries;
mod put;
mod record;
mod start;
mod status;
mod unknown_keys;
mod upstream;
mod upstream_pool;
mod witness;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use fh_client::transport::TransportRequest;
use tokio::task::JoinSet;

pub use self::error::RelayError;
pub use self::options::{RelayKeys, RelayLimits, RelayOptions};
pub(crate) use self::put::{PutAnswer, PutTrouble};
pub use self::status::{UpstreamRole, UpstreamState, UpstreamStatus};
pub(crate) use self::upstream_pool::{CallerKind, Opened, Proxied};

use self::configured::Configured;
use self::folder::FolderLock;
use self::key::UpstreamKey;
use self::put::Updates;
use self::upstream_pool::UpstreamPool;
use self::worker::Worker;
use crate::rate::KeyVerification;
use crate::reply::Effect;
use crate::serving::PublishedCell;
use crate::wire::api_key::RequestKey;
use crate::wire::context::RequestContext;

/// The longest time for which [`Relay::close`] waits until clients are closed and snapshots and records are written.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// Returns an instant plus a duration. If the clock cannot represent the sum, returns the instant plus a year.
fn after(time_state: Instant, time: Duration) -> Instant {
    time_state
        .checked_add(time)
        .unwrap_or_else(|| time_state + Duration::from_secs(365 * 24 * 3600))
}

/// A relay with all its upstream connections. The connections end soon after this value is dropped.
pub(crate) struct Relay {
    /// The configured keys. Features of client-evaluated keys are published in the Edge's environments, like those of an Edge that is not a
    /// relay.
    configured: Arc<Configured>,
    /// The upstream connections that are made on demand.
    pool: Arc<UpstreamPool>,
    updates: Updates,
    limits: RelayLimits,
    /// The lock of the snapshot folder; `None` if the relay has no snapshot folder.
    lock: Option<FolderLock>,
    worker: Worker,
}

impl Relay {
    /// Returns true if the relay is ready. Every configured client-evaluated key must have features that have not expired, or must count as
    /// refused by the upstream Edge ([`UpstreamState::Refused`]).
    pub(crate) fn is_ready(&self) -> bool {
        let is_ready = |state| matches!(state, UpstreamState::Serving | UpstreamState::Refused);
        self.configured.upstreams().iter().all(|upstream| is_ready(upstream.state()))
    }

    /// Replaces the configured keys. Keys that are configured in the same way as before keep their connections, also if their name changes.
    /// If one key of a pair changes, the pair gets a new connection.
    ///
    /// # Errors
    /// Returns [`RelayError`] if the keys cannot be used, or if a client cannot be created. Then the keys do not change.
    pub(crate) fn set_keys(&self, keys: &[RelayKeys]) -> Result<(), RelayError> {
        let keys = start::Checked::all(keys)?;
        if keys.is_empty() && !self.pool.tries_any_key() {
            return Err(RelayError::NoKeys);
        }
        self.configured.change(keys, &self.pool)
    }

    /// Returns true if the relay may make upstream requests with this key. The caller has checked that no environment of this Edge knows
    /// the key. After the upstream Edge has refused a configured client-evaluated key, the environment knows neither this key nor its
    /// paired key, and neither of the two is admitted.
    pub(crate) fn admits(&self, key: &RequestKey<'_>) -> bool {
        let key = UpstreamKey::from(key);
        let is_refused = self.configured.contains(&key) && !self.pool.is_lone(&key);
        !is_refused && self.pool.admits(&key)
    }

    /// Returns whether an admitted key is verified. A configured key always counts as verified.
    pub(crate) fn verification(&self, key: &RequestKey<'_>) -> KeyVerification {
        let key = UpstreamKey::from(key);
        match self.configured.contains(&key) || self.pool.is_known(&key) {
            true => KeyVerification::Verified,
            false => KeyVerification::Unverified,
        }
    }

    /// Returns access to the features of an admitted key for a context, or the reason why there is no access.
    pub(crate) fn open(
        &self,
        key: &RequestKey<'_>,
        asker: CallerKind,
        context: impl FnOnce() -> RequestContext,
    ) -> Proxied {
        self.pool.open(key, asker, context)
    }

    /// Refreshes the features in this cell, whose environment is stale, because a client has requested them. Does nothing if the cell has
    /// no upstream connection, or if the environment became stale or was last refreshed by this call less than [`RelayLimits::stale_for`]
    /// ago.
    pub(crate) fn asked_for_stale(&self, cell: &Arc<PublishedCell>) {
        let mut all = self.configured.all().into_iter();
        let known = all.find(|upstream| Arc::ptr_eq(&upstream.cell, cell));
        if let Some(upstream) = known.or_else(|| self.pool.upstream_of(cell)) {
            upstream.ask_again(self.worker.runtime(), self.limits.stale_for);
        }
    }

    /// Returns true if the key is configured, as a client-evaluated or as a server-evaluated key.
    pub(crate) fn is_configured(&self, key: &RequestKey<'_>) -> bool {
        self.configured.contains(&UpstreamKey::from(key))
    }

    /// Makes the upstream request for a change of a feature. The result is `None` if the feature key is `.` or `..`, which a URL cannot
    /// contain, or if the key is not configured and not a valid API key.
    pub(crate) fn put_request(
        &self,
        key: &RequestKey<'_>,
        feature: &str,
        body: Bytes,
    ) -> Option<TransportRequest> {
        let known = UpstreamKey::from(key);
        let configured = self.configured.api_key(&known);
        let api_key = configured.or_else(|| known.unconfigured())?;
        self.updates.request(&api_key, feature, body)
    }

    /// Sends a change of a feature upstream, and returns the upstream response. `effect` runs with the outcome, also if the caller drops
    /// this future.
    pub(crate) async fn put(
        &self,
        request: TransportRequest,
        effect: Effect<Result<PutAnswer, PutTrouble>>,
    ) -> Result<PutAnswer, PutTrouble> {
        self.updates.send(self.worker.runtime(), request, effect).await
    }

    /// Returns the status of the connections of all configured client-evaluated keys, and of the connections that are made on demand,
    /// including those that wait to be started.
    pub(crate) fn status(&self) -> Vec<UpstreamStatus> {
        let now = self.pool.source.now();
        let known = self.configured.upstreams();
        known.iter().map(|upstream| upstream.status(now)).chain(self.pool.status()).collect()
    }

    /// Ends the relay. Streams of on-demand connections end with `bye` within the time `within`. All upstream connections are closed, and
    /// no other connection is started on demand. The Edge still serves the last features of the closed connections. The snapshots and
    /// records of configured client-evaluated keys are written. If the writes are complete within [`LAST_WRITE`], the snapshot folder is
    /// released for the next relay.
    pub(crate) async fn close(&self, within: Duration) {
        self.pool.close(within);
        let mut writing = JoinSet::new();
        for upstream in self.configured.all() {
            let written = async move {
                if let Some(client) = upstream.client() {
                    client.close();
                    client.closed().await;
                }
                upstream.write_record().await;
            };
            writing.spawn_on(written, self.worker.runtime());
        }
        // Each file is replaced as a whole, so a write that is not complete leaves the older file in place. The folder then stays locked.
        let all = async { while writing.join_next().await.is_some() {} };
        let is_done = tokio::time::timeout(LAST_WRITE, all).await.is_ok();
        if let Some(lock) = self.lock.as_ref().filter(|_| is_done) {
            lock.release();
        }
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let upstreams = self.configured.upstreams().len();
        f.debug_struct("Relay").field("upstreams", &upstreams).finish_non_exhaustive()
    }
}
