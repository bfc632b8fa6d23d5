//! Answers after which a client must send no request for a long time: 401, 403, 404, `failure` and 236.

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::{Behaviour, Closing, Framing, Route};

use super::super::broken_edge;
use super::{
    STREAMING, keeps_values, last_stream, notified, on_readiness, ready, shows_stale, ten_delays,
};
use crate::protocol::SdkReadiness;
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, SdkClient, Stop, TEMPO, Tempo, Verdict, at_least, equal,
};

/// Delays of which the shortest after a refusal is longer than ten first delays before a retry.
const REFUSED: Tempo = Tempo {
    refused: Duration::from_millis(2400),
    refused_max: Duration::from_millis(4800),
    ..TEMPO
};

const BY_STATUS: Scenario = Scenario {
    requires: &["transport.stream", "stream.status_visible"],
    needs: &["retry.initial_ms"],
    decision: "D-21, D-68",
    tempo: REFUSED,
    ..STREAMING
};

pub(super) const STATUS_404: Scenario = Scenario {
    id: "C-STREAM-017",
    name: "404",
    given: "an Edge that answers 404 with a sentence",
    when: "a client opens its first stream; or opens another one after it was ready",
    then: "on first contact it reports FAILED, later it keeps its values and its status shows the problem; it sends no request for 10 N, \
           and then retries slowly or not at all",
    bites: &["LateRefusalFails", "RefusalIsFinal", "RefusalsRetryFast"],
    stage: |stage| {
        stage.with_feature_f();
        let refused = Behaviour::status(404).header("content-type", "text/plain");
        stage.edge().behave(refused.body("unknown API key"));
    },
    run: status_404,
    ..BY_STATUS
};

fn status_404(scene: &Scene<'_>) -> Verdict {
    let (client, refused) = refused_at_first(scene, "404 at first contact")?;
    recovers(scene, &client, "404 at first contact", refused, ("one", 1))?;
    let client = still_ready(scene, client)?;
    let refused = refused_later(scene, &client, 404, "404 later")?;
    scene.edge().set_value("F", "two");
    recovers(scene, &client, "404 later", refused, ("two", 2))
}

pub(super) const STATUS_401_403: Scenario = Scenario {
    id: "C-STREAM-018",
    name: "401-403",
    given: "an Edge that answers 401 or 403",
    when: "a client opens its first stream; or opens another one after it was ready",
    then: "on first contact it reports FAILED, later it keeps its values and its status shows the problem; it sends no request for 10 N, \
           and then retries slowly or not at all",
    bites: &["LateRefusalFails", "RefusalIsFinal"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().behave(Behaviour::status(401));
    },
    run: status_401_403,
    ..BY_STATUS
};

fn status_401_403(scene: &Scene<'_>) -> Verdict {
    let (client, refused) = refused_at_first(scene, "401 at first contact")?;
    recovers(scene, &client, "401 at first contact", refused, ("one", 1))?;
    let client = still_ready(scene, client)?;
    refused_later(scene, &client, 403, "403 later")?;
    client.close()?;
    scene.edge().behave(Behaviour::status(403));
    refused_at_first(scene, "403 at first contact").map(drop)
}

/// Creates a client that the Edge refuses from the start, and checks that it sends no further request. Returns the client and the time of
/// its request.
fn refused_at_first(scene: &Scene<'_>, case: &str) -> Result<(SdkClient, Instant), Stop> {
    let client = scene.create(scene.streaming())?;
    client.until_readiness(&format!("{case}: the client reports FAILED"), SdkReadiness::Failed)?;
    let label = format!("{case}: answer for F");
    scene.answers(&label, &client, "F", &ExpectedAnswer::not_ready())?;
    let refused = last_stream(&scene.edge().recording());
    quiet(scene, case, refused)?;
    Ok((client, refused))
}

/// Ends the stream of a ready client, refuses the next, and checks that the client keeps its values and sends no further request. Returns
/// the time of the refused request.
fn refused_later(
    scene: &Scene<'_>,
    client: &SdkClient,
    status: u16,
    case: &str,
) -> Result<Instant, Stop> {
    scene.edge().behave(Behaviour::status(status));
    scene.edge().close_streams(Closing::Rst);
    let seen =
        scene.until(&format!("{case}: the client reconnects"), "a refused request", |seen| {
            seen.of(Route::Stream).next_back().is_some_and(|last| last.status == Some(status))
        })?;
    if scene.can("status") {
        let label = format!("{case}: the status shows the problem");
        client.until_state(&label, "a problem", |state| state.problem.is_some())?;
    }
    let refused = last_stream(&seen);
    quiet(scene, case, refused)?;
    let label = format!("{case}: answer for F");
    scene.answers(&label, client, "F", &ExpectedAnswer::string("one"))?;
    if scene.can("status") {
        let label = format!("{case}: readiness");
        equal(&label, client.state()?.readiness, SdkReadiness::Ready)?;
    }
    Ok(refused)
}

/// Checks that no request follows one that was refused, for ten first delays before a retry.
fn quiet(scene: &Scene<'_>, case: &str, refused: Instant) -> Verdict {
    scene.no_request_since(&format!("{case}: no request for 10 N"), refused, ten_delays(scene))
}

/// Makes the Edge healthy. A client whose slow retry can be set retries by itself, but not before the shortest delay after a refusal. Another
/// client gets a refresh, if it has one. Then F has this value and version.
fn recovers(
    scene: &Scene<'_>,
    client: &SdkClient,
    case: &str,
    refused: Instant,
    (value, version): (&str, i64),
) -> Verdict {
    scene.edge().behave(Behaviour::healthy());
    if scene.sets("refused") {
        let seen = scene.until(&format!("{case}: a slow retry"), "a request", |seen| {
            last_stream(seen) > refused
        })?;
        let first = seen.of(Route::Stream).map(|seen| seen.request.at).find(|at| *at > refused);
        let gap = first.unwrap_or(refused).saturating_duration_since(refused);
        let label = format!("{case}: the delay before the slow retry");
        at_least(&label, &[gap], scene.tempo().refused / 2)?;
    } else if scene.can("refresh") {
        let refreshed = client.refresh()?.map_err(|error| error.message);
        equal(&format!("{case}: a refresh"), refreshed, Ok::<_, String>(SdkReadiness::Ready))?;
    } else {
        return Ok(());
    }
    client.until_readiness(&format!("{case}: READY again"), SdkReadiness::Ready)?;
    client.until_string(&format!("{case}: the value of F again"), "F", value)?;
    let expected = ExpectedAnswer::string(value).version(version);
    scene.answers(&format!("{case}: answer for F again"), client, "F", &expected)
}

/// Returns the client if it is ready, or else a new one that is.
fn still_ready(scene: &Scene<'_>, client: SdkClient) -> Result<SdkClient, Stop> {
    if client.state()?.readiness == SdkReadiness::Ready {
        return Ok(client);
    }
    client.close()?;
    scene.edge().behave(Behaviour::healthy());
    ready(scene)
}

pub(super) const FAILURE_EVENT: Scenario = Scenario {
    id: "C-STREAM-019",
    name: "failure-event",
    needs: &["retry.initial_ms"],
    given: "a ready client",
    when: "the Edge sends `failure` and ends the stream",
    then: "it reports FAILED once, keeps its values, sends no request for 10 N, and then retries slowly or not at all",
    decision: "D-21, D-28",
    tempo: REFUSED,
    bites: &["FailureIgnored"],
    stage: |stage| {
        stage.with_feature_f();
        let failing = Behaviour::sse().ack().features().wait_for_signal("fail").failure();
        stage.edge().script(Route::Stream, [super::ended(failing)], Behaviour::healthy());
    },
    run: failure_event,
    ..STREAMING
};

fn failure_event(scene: &Scene<'_>) -> Verdict {
    const CASE: &str = "after `failure`";
    let client = ready(scene)?;
    let readiness = on_readiness(scene, &client)?;
    let failed = Instant::now();
    scene.edge().signal("fail");
    client.until_readiness("the client reports FAILED", SdkReadiness::Failed)?;
    let kept = ExpectedAnswer::string("one");
    scene.answers("answer for F after `failure`", &client, "F", &kept)?;
    quiet(scene, CASE, failed)?;
    if let Some(readiness) = readiness {
        let label = "one notification of FAILED";
        equal(label, notified(&readiness, SdkReadiness::Failed), 1)?;
    }
    scene.edge().set_value("F", "two");
    recovers(scene, &client, CASE, failed, ("two", 2))
}

pub(super) const STATUS_236: Scenario = Scenario {
    id: "C-STREAM-038",
    name: "status-236-stream",
    requires: &["transport.stream", "stream.status_visible"],
    needs: &["retry.initial_ms"],
    given: "an Edge that answers a stream with status 236 and ends it after the list",
    when: "a client streams",
    then: "it applies the list and sends no request for 10 N, and a refresh resumes it",
    decision: "D-23, D-65, D-67",
    bites: &["HaltsForGood", "LastStreamReplaced", "StaleStreamReopened"],
    stage: |stage| {
        stage.with_feature_f();
        let last = Behaviour::new()
            .head(236, Framing::Chunked)
            .header("content-type", "text/event-stream")
            .ack()
            .features();
        stage.edge().script(Route::Stream, [super::ended(last)], Behaviour::healthy());
    },
    run: status_236,
    ..STREAMING
};

fn status_236(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    scene.answers("answer for F of the list", &client, "F", &ExpectedAnswer::string("one"))?;
    quiet(scene, "after 236", last_stream(&scene.edge().recording()))?;
    keeps_values(scene, &client, "after 10 N")?;
    shows_stale(scene, &client)?;
    if scene.can("refresh") {
        scene.edge().set_value("F", "two");
        let refreshed = client.refresh()?.map_err(|error| error.message);
        equal("a refresh", refreshed, Ok::<_, String>(SdkReadiness::Ready))?;
        client.until_string("the value of F after the refresh", "F", "two")?;
        let expected = ExpectedAnswer::string("two").version(2);
        scene.answers("answer for F after the refresh", &client, "F", &expected)?;
    }
    if scene.is_own() { broken_edge::last_stream_and_a_context(scene) } else { Ok(()) }
}
