//! The operation `create`: settings of the protocol as the settings document of a client.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fh_binding::settings::apply_json;
use fh_client::Client;
use fh_client::transport::ReqwestTransport;
use serde_json::{Value, json};

use super::clients::AdapterClient;
use super::counting_transport::{CountingTransport, SentRequests};
use super::failure::{Outcome, adapter, sdk};
use super::{debug_log, readers};
use crate::protocol::{Create, Mode, Refused, Retry, Timeouts};

/// The interval between polls if the command gives none: the client's own default.
pub(super) const DEFAULT_POLL: Duration = Duration::from_secs(180);

/// The share of a delay after a refusal that is random: the client's own default.
const REFUSED_JITTER: f64 = 0.5;

/// Starts a client. Returns at once, whatever the Edge does.
///
/// # Errors
/// If the client refuses a setting, or if a reader cannot be started.
pub(super) fn create(settings: &Create) -> Outcome<Arc<AdapterClient>> {
    if settings.debug {
        debug_log::start();
    }
    let sent = SentRequests::default();
    let transport = CountingTransport::new(transport(settings)?, sent.clone());
    let builder = Client::from_environment().transport(transport);
    let builder = apply_json(builder, &document(settings).to_string()).map_err(sdk)?;
    let client = builder.start().map_err(sdk)?;
    let client = Arc::new(AdapterClient::new(settings.client.clone(), client, sent));
    readers::start(&client, settings.readers.unwrap_or(0)).map_err(adapter)?;
    Ok(client)
}

/// Returns the transport. Proxies of the environment are not used, so that scenarios are the same on each machine.
fn transport(settings: &Create) -> Outcome<ReqwestTransport> {
    let mut builder = ReqwestTransport::builder().no_proxy();
    if let Some(proxy) = &settings.proxy {
        builder = ReqwestTransport::builder().proxy(proxy);
    }
    if let Some(pem) = &settings.ca_pem {
        builder = builder.ca_certificate(pem);
    }
    if let Some(limit) = settings.timeouts.and_then(|timeouts| timeouts.connect_ms) {
        builder = builder.connect_timeout(Duration::from_millis(limit));
    }
    builder.build().map_err(sdk)
}

/// Returns the settings document of a client, without the settings of its HTTP. Members that are null have their defaults.
fn document(settings: &Create) -> Value {
    let polls = matches!(settings.mode, Mode::Poll | Mode::Passive);
    let interval = settings.poll_ms.map_or(DEFAULT_POLL, Duration::from_millis);
    // The delays between requests are scaled by the ratio of the given first delay to the client's own, which is a second (D-64).
    let scaled = |delay: f64| settings.retry.map(|retry| delay * seconds(retry.initial_ms));
    json!({
        "url": settings.edge_url,
        "apiKeys": settings.keys,
        "headers": settings.headers,
        "mode": match settings.mode {
            Mode::Stream => "streaming",
            Mode::Poll => "polling",
            Mode::Passive => "passive",
            Mode::Once => "once",
        },
        "interval": polls.then_some(interval.as_secs_f64()),
        "contextPlacement": if settings.context_in_query { "query" } else { "header" },
        "whileSwitching": if settings.keep_values { "keep" } else { "hide" },
        "catchUpdates": settings.catch,
        "snapshotFile": settings.store.as_ref().map(|path| snapshot_path(Path::new(path))),
        "context": settings.context,
        "backoff": settings.retry.map(|Retry { initial_ms, max_ms, jitter }| {
            backoff(initial_ms, max_ms, jitter)
        }),
        "pace": scaled(1.0),
        "returnWithin": settings.retry.map(|_| [0.1, 1.0].map(scaled)),
        "streamAgainAfter": scaled(600.0),
        "backoffWhenRefused": settings.refused.map(|Refused { initial_ms, max_ms }| {
            backoff(initial_ms, max_ms, REFUSED_JITTER)
        }),
        "healthyAfter": settings.healthy_after_ms.map(seconds),
        "limits": limits(settings.timeouts.unwrap_or_default(), settings.max_bytes),
    })
}

/// Returns the path of the snapshot file, which is a file in `path` if that is a folder.
fn snapshot_path(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("features.json") } else { path.to_owned() }
}

fn seconds(millis: u64) -> f64 {
    Duration::from_millis(millis).as_secs_f64()
}

fn backoff(initial_ms: u64, max_ms: u64, jitter: f64) -> Value {
    json!({ "initial": seconds(initial_ms), "cap": seconds(max_ms), "jitter": jitter })
}

fn limits(timeouts: Timeouts, max_bytes: Option<u64>) -> Value {
    json!({
        "connect": timeouts.connect_ms.map(seconds),
        "head": timeouts.head_ms.map(seconds),
        "poll": timeouts.poll_ms.map(seconds),
        "idle": timeouts.idle_ms.map(seconds),
        "heldBack": timeouts.held_back_ms.map(seconds),
        "bytes": max_bytes,
    })
}
