//! The operation `hello`: the client, its capabilities and its default delays.

use std::env::consts::{ARCH, OS};
use std::time::Duration;

use fh_client::{ApiKeys, Config, EdgeUrl};

use super::create::DEFAULT_POLL;
use super::failure::{Outcome, sdk};
use crate::protocol::{Defaults, Hello, PROTOCOL, Sdk};

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
