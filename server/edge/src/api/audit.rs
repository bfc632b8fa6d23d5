//! The audit log. It has a line for each change that a PUT or the admin API passes to the writer or to the upstream Edge. It also
//! has a line for each `GET /admin/v1/keys` and `GET /admin/v1/state` that reads API keys to show them, and for each wrong admin key. The
//! lines of refused PUTs and of wrong admin keys have a rate limit for each client network. Lines beyond it are counted, and a line
//! reports their number at most once a minute. Apart from texts of requests, such as the key of a feature, no line contains an API key, an
//! admin key or a feature's value.

use std::convert::Infallible;
use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use fh_listen::FromProxy;
use http::Extensions;
use uuid::Uuid;

use crate::log_text::cut;
use crate::rate::FailedAttempts;

/// One line of the audit log.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    pub(super) action: &'static str,
    /// The address of the client; `None` if the server does not provide it.
    pub(super) address: Option<IpAddr>,
    pub(super) environment: Option<Uuid>,
    pub(super) account: Option<&'a str>,
    pub(super) feature: Option<&'a str>,
    /// The changes that a PATCH requests, such as `value` or `unlock`, joined by commas; `None` for other requests.
    pub(super) changed: Option<&'a str>,
}

impl Entry<'_> {
    /// Writes the line to the log. On success, the field `outcome` is the text of the result. On an error, `outcome` is `failed` and `why`
    /// is the text of the error.
    pub(super) fn write<T: Display, E: Display>(&self, outcome: Result<T, E>) {
        let (done, why) = (outcome.as_ref().ok(), outcome.as_ref().err());
        tracing::info!(
            target: "fh_edge::audit",
            action = self.action,
            environment = self.environment.map(display),
            account = self.account,
            feature = self.feature.map(cut).as_deref(),
            changed = self.changed,
            address = self.address.map(display),
            outcome = done.map_or_else(|| "failed".into(), ToString::to_string),
            why = why.map(display),
        );
    }

    /// Writes the line of a PUT that was refused and made no change. A line beyond the rate limit of the client's network is only counted.
    pub(super) fn write_refused<T: Display, E: Display>(
        &self,
        outcome: Result<T, E>,
        rate: &FailedAttempts,
    ) {
        let report = |count| {
            tracing::info!(target: "fh_edge::audit", count, "refused changes have no lines of their own, because their addresses had sent too many refused changes");
        };
        if rate.take(self.address, report).is_ok() {
            self.write(outcome);
        }
    }

    /// Logs the number of wrong admin keys that have no lines of their own.
    pub(super) fn wrong_admin_keys(count: u64) {
        tracing::warn!(target: "fh_edge::audit", count, "wrong admin keys were answered with 429, because their addresses had sent too many wrong admin keys");
    }

    /// Logs a request with a wrong admin key.
    pub(super) fn wrong_admin_key(address: Option<IpAddr>) {
        tracing::warn!(
            target: "fh_edge::audit",
            action = "admin.refused",
            address = address.map(display),
            "a request with a wrong admin key was refused",
        );
    }
}

/// Logs a request of the admin API that reads API keys to show them.
pub(super) fn keys_were_shown(action: &'static str, extensions: &Extensions) {
    let entry = Entry { action, address: address(extensions), ..Entry::default() };
    entry.write(Ok::<_, Infallible>("shown"));
}

/// Returns the address of the client for limits per address. Returns `None` if the server does not provide the address, or if the address is
/// that of a trusted proxy, which sends the requests of many clients.
pub(super) fn limited_address(extensions: &Extensions) -> Option<IpAddr> {
    if extensions.get::<FromProxy>().is_some() { None } else { address(extensions) }
}

/// Returns the address of the client, or `None` if the server does not provide it.
pub(super) fn address(extensions: &Extensions) -> Option<IpAddr> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(peer.ip())
}
