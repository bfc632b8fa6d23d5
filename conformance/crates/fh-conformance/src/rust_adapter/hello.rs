//! The operation `hello`: the client, its capabilities and its default delays.

use std::env::consts::{ARCH, OS};
use std::time::Duration;

use fh_client::{ApiKeys, Config, EdgeUrl};

use super::create::DEFAULT_POLL;
use super::failure::{Outcome, sdk};
use crate::protocol::{Defaults, Hello, PROTOCOL, Sdk};

/// The capabilities of the client.
const CAN: &[&str] = &[
    "engine",
    "eval.strategy_id",
    "eval.reason",
    "eval.bucket",
    "eval.trace",
    "eval.typed_getters",
    "eval.defaults",
    "eval.json_object",
    "eval.properties",
    "eval.native_context",
    "eval.decimal",
    "eval.regex.linear",
    "clock.fixed",
    "key.client_eval",
    "key.server_eval",
    "key.multi",
    "keys.change",
    "transport.poll",
    "poll.passive",
    "transport.stream",
    "stream.status_visible",
    "stream.headers",
    "http.etag",
    "http.cache_control",
    "http.retry_after",
    "http.gzip",
    "http.proxy",
    "http.identify",
    "http.redirects",
    "http.connections",
    "tls.verify",
    "tls.custom_ca",
    "ready.wait",
    "ready.listener",
    "listen.feature",
    "listen.context",
    "listen.new_state",
    "listen.raw",
    "listen.remove",
    "catch_release",
    "interceptors",
    "interceptors.locked",
    "usage",
    "usage.named",
    "update",
    "store",
    "multi_client",
    "refresh",
    "suspend",
    "status",
];

/// The reason why the adapter lacks the capability `fork`.
pub(super) const NO_FORK: &str = "a Rust program itself calls Client::after_fork in a child process, and this adapter does not fork";

/// The capabilities that the client lacks, each with the reason.
const CANNOT: &[(&str, &str)] =
    &[("stream.last_event_id", "the client does not send Last-Event-ID (D-66)"), ("fork", NO_FORK)];

/// Returns the client's description.
///
/// # Errors
/// If the client has no default settings.
pub(super) fn hello() -> Outcome<Hello> {
    Ok(Hello {
        protocol: PROTOCOL,
        sdk: Sdk {
            name: "fh-rust".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            language: "Rust".to_owned(),
            runtime: format!("{ARCH}-{OS}"),
        },
        can: CAN.iter().map(|&name| name.to_owned()).collect(),
        cannot: CANNOT.iter().map(|&(name, reason)| (name.to_owned(), reason.to_owned())).collect(),
        defaults: defaults()?,
    })
}

/// Returns the delays of a client that sets none.
fn defaults() -> Outcome<Defaults> {
    let edge = EdgeUrl::parse("http://localhost").map_err(sdk)?;
    let keys = ApiKeys::parse(["environment/key*"]).map_err(sdk)?;
    let config = Config::new(edge, keys);
    let millis = |delay: Duration| u64::try_from(delay.as_millis()).ok();
    Ok(Defaults {
        poll_ms: millis(DEFAULT_POLL),
        retry_ms: millis(config.backoff.initial),
        retry_max_ms: millis(config.backoff.cap),
        idle_ms: millis(config.limits.idle),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{CAN, CANNOT};
    use crate::data::{Capability, Data};

    #[test]
    fn each_capability_is_declared_once() {
        let all = Capability::load(&Data::embedded()).unwrap();
        let all: BTreeSet<&str> = all.iter().map(|capability| capability.id.as_str()).collect();
        let declared: Vec<&str> =
            CAN.iter().copied().chain(CANNOT.iter().map(|(name, _)| *name)).collect();
        let unique: BTreeSet<&str> = declared.iter().copied().collect();
        assert_eq!(unique.len(), declared.len(), "a capability is declared twice");
        assert_eq!(unique, all);
    }
}
