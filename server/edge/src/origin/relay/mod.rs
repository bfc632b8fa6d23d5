//! A relay: an Edge whose features come from another Edge. Any number of clients share one upstream connection per client-evaluated
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
mod follow;
mod key;
mod key_state;
mod options;
mod pool_entries;
mod put;
mod record;
mod source;
mod start;
mod status;
mod unknown_keys;
mod upstream;
mod upstream_pool;
mod witness;
mod worker;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fh_client::transport::TransportRequest;
use tokio::time::timeout;

pub use self::error::RelayError;
pub use self::options::{RelayKeys, RelayLimits, RelayOptions};
pub use self::status::{UpstreamRole, UpstreamState, UpstreamStatus};

use self::configured::{Checked, Configured};
use self::folder::FolderLock;
use self::key::UpstreamKey;
use self::put::Updates;
use self::upstream_pool::UpstreamPool;
use self::worker::Worker;
use crate::origin::{
    Admission, BoxFuture, CallerKind, KeyRequest, NotOpen, NotPut, Opening, Origin, Put, PutAnswer,
};
use crate::rate::KeyVerification;
use crate::serving::PublishedCell;
use crate::wire::api_key::RequestKey;

/// The longest time for which [`Relay::close`] waits until clients are closed and snapshots and records are written.
const LAST_WRITE: Duration = Duration::from_secs(5);

/// A relay with all its upstream connections. The connections end soon after this value is dropped.
pub(crate) struct Relay {
    /// The configured keys. Features of client-evaluated keys are published in the Edge's environments, like those of an Edge that is not a
    /// relay.
    configured: Arc<Configured>,
    /// The upstream connections that are made on demand.
    pool: Arc<UpstreamPool>,
    updates: Updates,
    /// The lock of the snapshot folder; `None` if the relay has no snapshot folder.
    lock: Option<FolderLock>,
    worker: Worker,
}

impl Relay {
    /// Returns true if the relay may make upstream requests with this key. The caller has checked that no environment of this Edge knows
    /// the key. After the upstream Edge has refused a configured client-evaluated key, the environment knows neither this key nor its
    /// paired key, and neither of the two is admitted.
    fn may_ask(&self, key: &RequestKey<'_>) -> bool {
        let key = UpstreamKey::from(key);
        let is_refused = self.configured.contains(&key) && !self.pool.is_lone(&key);
        !is_refused && self.pool.admits(&key)
    }

    /// Returns whether an admitted key is verified. A configured key always counts as verified.
    fn verification(&self, key: &RequestKey<'_>) -> KeyVerification {
        let key = UpstreamKey::from(key);
        match self.configured.contains(&key) || self.pool.is_known(&key) {
            true => KeyVerification::Verified,
            false => KeyVerification::Unverified,
        }
    }

    /// Makes the upstream request for a change of a feature. The result is `None` if the feature key is `.` or `..`, which a URL cannot
    /// contain, or if the key is not configured and not a valid API key.
    fn put_request(
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

    /// Sends a change of a feature upstream, and returns the upstream response. A request is admitted within its rate limits if its key is
    /// configured, or if the relay has features for the key. The upstream Edge accepts or refuses the change.
    async fn put(&self, put: Put<'_>) -> Result<PutAnswer, NotPut> {
        let Put { request, feature, body, effect } = put;
        let admitted = match self.configured.contains(&UpstreamKey::from(request.key)) {
            true => request.count(|| KeyVerification::Verified).map_err(NotOpen::from),
            false => request.open(self).settled().await.map(drop),
        };
        admitted.map_err(NotPut::NotOpen)?;
        let body = body.await.map_err(NotPut::NoBody)?;
        let request = self.put_request(request.key, feature, body);
        let request = request.ok_or(NotPut::NotOpen(NotOpen::Unknown))?;
        Ok(self.updates.send(request, effect).await)
    }
}

impl Origin for Relay {
    fn admits(&self, key: &RequestKey<'_>) -> Admission {
        if self.may_ask(key) { Admission::Yes } else { Admission::No }
    }

    fn open(&self, request: &KeyRequest<'_>) -> Opening {
        let (key, caller) = (request.key, request.caller);
        if !self.may_ask(key) {
            return Opening::Unknown;
        }
        let counted = request.count(|| self.verification(key));
        // A poll that exceeds its limit must not cause upstream requests.
        if let (Err(beyond), CallerKind::Poll) = (counted, caller) {
            return Opening::Full(beyond.seconds(), beyond.as_str());
        }
        match self.pool.open(key, caller, request.context) {
            Opening::Open(opened) => request.counted(self, opened, counted),
            other => other,
        }
    }

    /// This call does nothing if the cell has no upstream connection, or if the environment became stale or was last refreshed by this call less than
    /// [`RelayLimits::stale_for`] ago.
    fn asked_for_stale(&self, cell: &Arc<PublishedCell>) {
        let mut all = self.configured.all().into_iter();
        let known = all.find(|upstream| Arc::ptr_eq(&upstream.cell, cell));
        if let Some(upstream) = known.or_else(|| self.pool.upstream_of(cell)) {
            upstream.ask_again(self.worker.runtime(), self.pool.source.options.limits.stale_for);
        }
    }

    fn put<'a>(&'a self, put: Put<'a>) -> BoxFuture<'a, Result<PutAnswer, NotPut>> {
        Box::pin(self.put(put))
    }

    /// Returns true if the relay is ready. Every configured client-evaluated key must have features that have not expired, or must count as
    /// refused by the upstream Edge ([`UpstreamState::Refused`]).
    fn is_ready(&self) -> bool {
        let is_ready = |state| matches!(state, UpstreamState::Serving | UpstreamState::Refused);
        self.configured.upstreams().iter().all(|upstream| is_ready(upstream.state()))
    }

    /// Returns the status of the connections of all configured client-evaluated keys, and of the connections that are made on demand,
    /// including those that wait to be started.
    fn upstreams(&self) -> Vec<UpstreamStatus> {
        let now = self.pool.source.now();
        let known = self.configured.upstreams();
        known.iter().map(|upstream| upstream.status(now)).chain(self.pool.status()).collect()
    }

    /// Keys that are configured in the same way as before keep their connections, also if their name changes. If one key of a pair changes,
    /// the pair gets a new connection. After an error, the keys are the same as before.
    fn set_relay_keys(&self, keys: &[RelayKeys]) -> Result<(), RelayError> {
        let keys = Checked::all(keys)?;
        if keys.is_empty() && !self.pool.tries_any_key() {
            return Err(RelayError::NoKeys);
        }
        self.configured.change(keys, &self.pool)
    }

    /// Sends these headers with later upstream requests, in place of those that [`RelayOptions::header`] set. Clients without an open
    /// stream repeat their request at once. After an error, the headers are the same as before.
    fn set_relay_headers(&self, headers: &[(String, String)]) -> Result<(), RelayError> {
        let headers = self.pool.source.set_headers(headers)?;
        for upstream in self.configured.all().into_iter().chain(self.pool.upstreams()) {
            if let Some(client) = upstream.client() {
                let answer = client.set_headers(headers.clone());
                // The result is ignored here, because the client's status contains it.
                self.worker.runtime().spawn(async move { drop(answer.await) });
            }
        }
        Ok(())
    }

    /// Ends the relay. No other connection is started on demand. The Edge still serves the last features of the closed connections. The
    /// snapshots and records of configured client-evaluated keys are written. If the writes are complete within [`LAST_WRITE`], the
    /// snapshot folder is released for the next relay.
    fn close(&self, within: Duration) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.pool.source.environments.close(within);
            self.pool.close(within);
            // Each file is replaced as a whole, so a write that is not complete leaves the older file in place. The folder then stays
            // locked.
            let is_done = timeout(LAST_WRITE, self.configured.close(self.worker.runtime()));
            let is_done = is_done.await.is_ok();
            if let Some(lock) = self.lock.as_ref().filter(|_| is_done) {
                lock.release();
            }
        })
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let upstreams = self.configured.upstreams().len();
        f.debug_struct("Relay").field("upstreams", &upstreams).finish_non_exhaustive()
    }
}
