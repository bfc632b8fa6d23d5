//! C-STREAM: a client that streams.

mod config;
mod limits;
mod malformed;
mod reconnect;
mod refusals;
mod secure;
mod silence;
mod storms;
mod updates;

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, Closing, Feature, Recording, Route, SeenRequest};

use crate::protocol::{ListenOn, SdkReadiness, State};
use crate::sdk::{
    ExpectedAnswer, Group, SCENARIO, Scenario, Scene, SdkClient, SdkListener, Stop, Tempo, Verdict,
    at_least, equal,
};

/// The scenarios of streaming.
pub(super) const GROUP: Group = Group {
    name: "C-STREAM",
    title: "streaming client",
    scenarios: &[
        updates::FIRST,
        updates::UPDATE,
        updates::UPDATE_OLDER,
        updates::DELETE,
        updates::DELETE_OLDER,
        updates::RESURRECT,
        updates::NEW_FEATURE,
        updates::FEATURES_SHRINKS,
        reconnect::BYE,
        reconnect::FIN_NO_BYE,
        reconnect::RST,
        storms::IMMEDIATE_CLOSE,
        storms::STATUS_5XX,
        reconnect::STATUS_5XX_BEFORE_READY,
        reconnect::CLOSE_BEFORE_READY,
        storms::BACKOFF_RESET,
        refusals::STATUS_404,
        refusals::STATUS_401_403,
        refusals::FAILURE_EVENT,
        config::OTHER,
        config::STALE_PAUSE,
        config::STALE_OTHER,
        malformed::EVENT,
        malformed::WRONG_SHAPE,
        silence::IDLE_TIMEOUT,
        silence::HEARTBEAT_KEEPS,
        limits::OVERSIZE_EVENT,
        limits::NEVER_ENDING_LINE,
        limits::EVENT_FLOOD,
        reconnect::RESUME_WITH_NOTHING,
        updates::DUPLICATE_FEATURES,
        secure::EXPIRED,
        secure::WRONG_HOST,
        secure::CUSTOM_CA,
        secure::PROXY,
        silence::HALF_OPEN,
        refusals::STATUS_236,
    ],
    not_executed: &[("C-STREAM-036", "needs a name server")],
};

/// The default of this group's scenarios.
const STREAMING: Scenario = Scenario { tier: 2, requires: &["transport.stream"], ..SCENARIO };

/// Creates a streaming client and waits until it is ready.
fn ready(scene: &Scene<'_>) -> Result<SdkClient, Stop> {
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    Ok(client)
}

/// Adds a listener for changes of a feature, if the SDK has such listeners.
fn on_change(
    scene: &Scene<'_>,
    client: &SdkClient,
    feature: &str,
) -> Result<Option<SdkListener>, Stop> {
    let listens = scene.can("listen.feature");
    listens.then(|| client.on_change("changes", feature)).transpose()
}

/// Adds a listener for the readiness, if the SDK has such listeners.
fn on_readiness(scene: &Scene<'_>, client: &SdkClient) -> Result<Option<SdkListener>, Stop> {
    let listens = scene.can("ready.listener");
    listens.then(|| client.on("readiness", ListenOn::Readiness)).transpose()
}

/// Returns how often a listener was notified of a readiness.
fn notified(listener: &SdkListener, readiness: SdkReadiness) -> usize {
    listener.calls().iter().filter(|call| call.readiness == Some(readiness)).count()
}

/// Waits until an update of another feature has arrived, so that the client has processed all that the Edge sent before.
fn until_processed(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    until_arrived(scene, client, "LATER")
}

/// Like [`until_processed`], by a feature with this key. A scenario that waits again needs another key, because the client has the first feature.
fn until_arrived(scene: &Scene<'_>, client: &SdkClient, key: &str) -> Verdict {
    scene.edge().set_feature(Feature::string(key, "sent"));
    client.until_string("an update of another feature arrives", key, "sent")
}

/// Checks that the client still has its first stream: F gets another value, and there was only one request for a stream.
fn keeps_stream(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    let version = scene.edge().set_value("F", "alive");
    client.until_string("an update of F arrives on the same stream", "F", "alive")?;
    let version = i64::try_from(version).unwrap_or_default();
    let expected = ExpectedAnswer::string("alive").version(version);
    scene.answers("answer for F after the update", client, "F", &expected)?;
    equal("one request for a stream", scene.edge().recording().count(Route::Stream), 1)
}

/// Checks that F still has its first value, and that the client is still ready.
fn keeps_values(scene: &Scene<'_>, client: &SdkClient, when: &str) -> Verdict {
    let expected = ExpectedAnswer::string("one");
    scene.answers(&format!("answer for F {when}"), client, "F", &expected)?;
    equal(&format!("readiness {when}"), client.state()?.readiness, SdkReadiness::Ready)
}

/// Checks that the status shows that the features may be out of date, if the SDK has such a status.
fn shows_stale(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    if scene.can("status") {
        let is_stale = |state: &State| state.stale == Some(true);
        client.until_state("the status shows stale features", "stale", is_stale)?;
    }
    Ok(())
}

/// Ends the body in an orderly way, and the connection with it.
pub(super) fn ended(behaviour: Behaviour) -> Behaviour {
    behaviour.raw("0\r\n\r\n").close(Closing::Fin)
}

/// A stream that begins healthy and sends updates from a signal on. Its response begins at once.
fn held(signal: &str) -> Behaviour {
    Behaviour::sse().wait_for_signal(signal).ack().features().live()
}

/// Returns the time for which a client that must send no request is watched: ten first delays before a retry, at least one second.
fn ten_delays(scene: &Scene<'_>) -> Duration {
    Tempo::watch(scene.tempo().retry, 10)
}

/// Checks that each of these times is at least the shortest first delay before a retry. An SDK whose jitter cannot be set may have any.
fn at_least_first_delay(scene: &Scene<'_>, label: &str, gaps: &[Duration]) -> Verdict {
    if scene.sets("retry.jitter") {
        at_least(label, gaps, scene.tempo().least_retry())
    } else {
        Ok(())
    }
}

/// Returns the time at which the last request for a stream arrived, or the present time if there was none.
fn last_stream(seen: &Recording) -> Instant {
    seen.of(Route::Stream).next_back().map_or_else(Instant::now, |seen| seen.request.at)
}

/// Returns the time at which the client began a request: the time of its connection, if no other request came before on it. A busy machine
/// may deliver the request much later.
fn attempted(seen: &Recording, request: &SeenRequest) -> Instant {
    let on_connection = |other: &&SeenRequest| other.connection == request.connection;
    let first = seen.requests.iter().find(on_connection);
    let is_first = first.is_some_and(|first| first.request.at == request.request.at);
    let connection = seen.connections.get(request.connection).filter(|_| is_first);
    connection.map_or(request.request.at, |connection| connection.accepted)
}

/// Returns the features of the Edge with these keys as a list.
fn list_of(scene: &Scene<'_>, keys: &[&str]) -> String {
    let features: Vec<serde_json::Value> =
        keys.iter().filter_map(|key| scene.edge().feature(key)).collect();
    serde_json::Value::from(features).to_string()
}
