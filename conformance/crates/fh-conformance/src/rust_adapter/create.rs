//! The operation `create`: settings of the protocol as settings of a client.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Backoff, Client, ClientBuilder, Config, ContextPlacement, WhileSwitching};

use super::attributes::attributes;
use super::clients::AdapterClient;
use super::counting_transport::{CountingTransport, SentRequests};
use super::failure::{Outcome, adapter, sdk};
use super::{debug_log, readers};
use crate::protocol::{Create, Mode, Refused, Retry, Timeouts};

/// The interval between polls if the command gives none: the client's own default.
pub(super) const DEFAULT_POLL: Duration = Duration::from_secs(180);

/// The first delay of the client's own back-off. The pace and other delays are scaled by the ratio of the given first delay to this one.
const DEFAULT_FIRST_DELAY: Duration = Duration::from_secs(1);

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
    let client = builder(settings).transport(transport).start().map_err(sdk)?;
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

fn builder(settings: &Create) -> ClientBuilder {
    let mut builder = Client::from_environment().edge_url(&settings.edge_url);
    builder = builder.api_keys(&settings.keys);
    let interval = settings.poll_ms.map_or(DEFAULT_POLL, Duration::from_millis);
    builder = match settings.mode {
        Mode::Stream => builder.streaming(),
        Mode::Poll => builder.active_polling(interval),
        Mode::Passive => builder.passive_polling(interval),
        Mode::Once => builder.one_off(),
    };
    for (name, value) in &settings.headers {
        builder = builder.header(name, value);
    }
    if let Some(path) = &settings.store {
        builder = builder.snapshot_file(snapshot_path(Path::new(path)));
    }
    if let Some(context) = &settings.context {
        builder = builder.initial_context(attributes(context));
    }
    if settings.context_in_query {
        builder = builder.context_placement(ContextPlacement::Query);
    }
    if settings.keep_values {
        builder = builder.while_switching(WhileSwitching::KeepValues);
    }
    if settings.catch {
        builder = builder.catch_updates();
    }
    let (retry, refused) = (settings.retry, settings.refused);
    let (healthy, timeouts) = (settings.healthy_after_ms, settings.timeouts);
    let max_bytes = settings.max_bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    builder.configure(move |config| {
        if let Some(retry) = retry {
            set_retry(config, retry);
        }
        if let Some(Refused { initial_ms, max_ms }) = refused {
            config.refused = backoff(initial_ms, max_ms, REFUSED_JITTER);
        }
        if let Some(millis) = healthy {
            config.healthy_after = Duration::from_millis(millis);
        }
        set_limits(config, timeouts.unwrap_or_default());
        config.limits.bytes = max_bytes.unwrap_or(config.limits.bytes);
    })
}

/// Returns the path of the snapshot file, which is a file in `path` if that is a folder.
fn snapshot_path(path: &Path) -> PathBuf {
    if path.is_dir() { path.join("features.json") } else { path.to_owned() }
}

const fn backoff(initial_ms: u64, max_ms: u64, jitter: f64) -> Backoff {
    let (initial, cap) = (Duration::from_millis(initial_ms), Duration::from_millis(max_ms));
    Backoff { initial, cap, jitter }
}

/// Sets the delays before retries, and scales the other delays between requests by the same factor (D-64).
fn set_retry(config: &mut Config, retry: Retry) {
    config.backoff = backoff(retry.initial_ms, retry.max_ms, retry.jitter);
    let factor = config.backoff.initial.as_secs_f64() / DEFAULT_FIRST_DELAY.as_secs_f64();
    let scaled = |delay: Duration| delay.mul_f64(factor);
    config.pace = scaled(config.pace);
    let within = &config.return_within;
    config.return_within = scaled(*within.start())..=scaled(*within.end());
    config.stream_again_after = scaled(config.stream_again_after);
}

fn set_limits(config: &mut Config, timeouts: Timeouts) {
    let limits = &mut config.limits;
    for (limit, given) in [
        (&mut limits.connect, timeouts.connect_ms),
        (&mut limits.head, timeouts.head_ms),
        (&mut limits.poll, timeouts.poll_ms),
        (&mut limits.idle, timeouts.idle_ms),
        (&mut limits.held_back, timeouts.held_back_ms),
    ] {
        *limit = given.map_or(*limit, Duration::from_millis);
    }
}
