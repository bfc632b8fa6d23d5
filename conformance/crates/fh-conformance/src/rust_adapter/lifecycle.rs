//! Operations on a client as a whole: its state, waits, its context, catch & release, and its end.

use std::time::{Duration, Instant};

use fh_client::{Client, Readiness, Source};
use serde::Deserialize;

use super::attributes::attributes;
use super::clients::{AdapterClient, Clients};
use super::failure::{Outcome, sdk};
use super::waiting::Waiting;
use crate::protocol::{Closed, Context, ReadinessAnswer, SdkReadiness, State};

/// The time limit of a wait whose command gives none.
const DEFAULT_LIMIT_MS: u64 = 5000;

/// Maximum time for which an answer to `close` waits until the closed client has ended.
const LONGEST_CLOSE: Duration = Duration::from_secs(1);

/// The members of `wait` and `refresh`.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Wait {
    timeout_ms: u64,
}

impl Default for Wait {
    fn default() -> Self {
        Self { timeout_ms: DEFAULT_LIMIT_MS }
    }
}

impl Wait {
    const fn limit(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// The members of `context`.
#[derive(Deserialize)]
pub(super) struct SetContext {
    #[serde(default)]
    attributes: Context,
    #[serde(flatten)]
    wait: Wait,
}

/// The members of `keys`.
#[derive(Deserialize)]
pub(super) struct SetKeys {
    keys: Vec<String>,
    #[serde(flatten)]
    wait: Wait,
}

/// The members of `catch`.
#[derive(Deserialize)]
pub(super) struct Catch {
    #[serde(default = "on")]
    on: bool,
}

const fn on() -> bool {
    true
}

/// The members of `release`.
#[derive(Deserialize)]
pub(super) struct Release {
    #[serde(default)]
    features: Option<Vec<String>>,
}

/// Returns the state of a client. Features from a snapshot file count as stale until the Edge has confirmed or replaced them.
pub(super) fn state(client: &AdapterClient) -> State {
    let status = client.client.status();
    State {
        readiness: protocol_readiness(status.readiness),
        problem: status.problem.as_ref().map(ToString::to_string),
        stale: Some(status.is_stale || status.source == Some(Source::Snapshot)),
        age_ms: status.data_age.and_then(|age| u64::try_from(age.as_millis()).ok()),
        sent: Some(client.sent.count()),
    }
}

/// Waits until the client is ready, fails or is closed, or until the limit has passed.
pub(super) fn wait(client: &Client, wait: &Wait) -> ReadinessAnswer {
    // The answer holds the readiness, which is the reason of an error.
    let _ = client.wait_ready(wait.limit());
    readiness(client)
}

/// Sets the context of a server-evaluated key. If the features have not arrived within the limit, the answer is the readiness so far.
///
/// # Errors
/// If the client refuses the context, or reports that it could not be evaluated.
pub(super) fn set_context(
    client: &Client,
    command: &SetContext,
    waiting: &Waiting,
) -> Outcome<ReadinessAnswer> {
    let set = client.set_context(attributes(&command.attributes));
    if let Some(outcome) = waiting.at_most(command.wait.limit(), set) {
        outcome.map_err(sdk)?;
    }
    Ok(readiness(client))
}

/// Replaces the API keys. If the features have not arrived within the limit, the answer is the readiness so far.
///
/// # Errors
/// If the client refuses the keys, or reports that the request failed.
pub(super) fn set_keys(
    client: &Client,
    command: &SetKeys,
    waiting: &Waiting,
) -> Outcome<ReadinessAnswer> {
    if let Some(outcome) = waiting.at_most(command.wait.limit(), client.set_api_keys(&command.keys))
    {
        outcome.map_err(sdk)?;
    }
    Ok(readiness(client))
}

/// Requests the features, and returns the readiness after the response. `state` tells the problem of a request that failed.
pub(super) fn refresh(client: &Client, wait: &Wait, waiting: &Waiting) -> ReadinessAnswer {
    let _ = waiting.at_most(wait.limit(), client.refresh());
    readiness(client)
}

/// Starts or ends catch & release.
pub(super) fn catch(client: &Client, catch: &Catch) {
    if catch.on {
        client.catch_updates();
    } else {
        client.stop_catching();
    }
}

/// Serves what is held: all features, or the given ones only.
pub(super) fn release(client: &Client, release: &Release) {
    match &release.features {
        Some(keys) => client.release_only(keys),
        None => client.release(),
    }
}

/// Closes a client. The answer tells the time of the client's own `close`, and comes once the client has ended, but after at most one
/// second.
pub(super) fn close(client: &Client, waiting: &Waiting) -> Closed {
    let start = Instant::now();
    client.close();
    let took = start.elapsed();
    waiting.at_most(LONGEST_CLOSE, client.closed());
    Closed { took_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX) }
}

/// Closes all clients, and waits at most one second until they have ended.
pub(super) fn close_all(clients: &Clients, waiting: &Waiting) {
    for client in clients.iter() {
        client.client.close();
    }
    waiting.at_most(LONGEST_CLOSE, async {
        for client in clients.iter() {
            client.client.closed().await;
        }
    });
}

fn readiness(client: &Client) -> ReadinessAnswer {
    ReadinessAnswer { readiness: protocol_readiness(client.readiness()) }
}

/// Returns the protocol's readiness for the client's.
pub(super) fn protocol_readiness(readiness: Readiness) -> SdkReadiness {
    match readiness {
        Readiness::Ready => SdkReadiness::Ready,
        Readiness::Failed => SdkReadiness::Failed,
        Readiness::Closed => SdkReadiness::Closed,
        _ => SdkReadiness::NotReady,
    }
}
