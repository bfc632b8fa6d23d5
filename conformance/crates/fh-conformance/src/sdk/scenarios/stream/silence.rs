//! Streams that are silent, and streams with heartbeats only.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Ended, Recording, Route};

use super::super::broken_edge;
use super::{STREAMING, keeps_stream, keeps_values, on_change, on_readiness, ready};
use crate::protocol::SdkReadiness;
use crate::sdk::{
    ExpectedAnswer, Scenario, Scene, SdkClient, Stage, TEMPO, Tempo, Verdict, at_least, check,
    equal,
};

pub(super) const IDLE_TIMEOUT: Scenario = Scenario {
    id: "C-STREAM-025",
    name: "idle-timeout",
    needs: &["timeouts.idle_ms"],
    given: "an Edge that sends nothing after the list of the first stream",
    when: "the client has received no byte for its idle limit",
    then: "it closes the connection and reconnects, not earlier, and keeps its values and READY",
    decision: "D-74",
    tempo: Tempo { idle: Duration::from_millis(600), ..TEMPO },
    bites: &["BytesKeepStreamsOpen", "NoIdleDeadline"],
    stage: |stage| silent_after(stage, Behaviour::sse().ack().features()),
    run: |scene| {
        detects_silence(scene, Duration::ZERO)?;
        if scene.is_own() { broken_edge::bytes_without_a_line(scene) } else { Ok(()) }
    },
    ..STREAMING
};

pub(super) const HALF_OPEN: Scenario = Scenario {
    id: "C-STREAM-037",
    name: "half-open",
    needs: &["timeouts.idle_ms"],
    given: "an Edge that vanishes without closing the connection, after some heartbeats; silence stands in for lost packets",
    when: "the client has received no byte for its idle limit",
    then: "it closes the connection and reconnects, not earlier, and keeps its values and READY",
    decision: "D-74",
    tempo: Tempo { idle: Duration::from_millis(900), ..TEMPO },
    bites: &["NoIdleDeadline"],
    stage: |stage| {
        let mut stream = Behaviour::sse().ack().features();
        for _ in 0..BEATS {
            stream = stream.sleep(beat(stage.tempo())).heartbeat();
        }
        silent_after(stage, stream);
    },
    run: |scene| detects_silence(scene, beat(scene.tempo()) * BEATS),
    ..STREAMING
};

/// Number of heartbeats before the Edge vanishes.
const BEATS: u32 = 6;

fn beat(tempo: Tempo) -> Duration {
    tempo.idle / 6
}

fn silent_after(stage: &Stage, stream: Behaviour) {
    stage.with_feature_f();
    stage.edge().script(Route::Stream, [stream.hang()], super::held("go"));
}

/// Checks that the client reconnects after the silence. The last byte of the first stream comes at least `alive` after its request.
fn detects_silence(scene: &Scene<'_>, alive: Duration) -> Verdict {
    let client = ready(scene)?;
    // Nothing sends this value on the silent stream.
    scene.edge().set_value("F", "two");
    let seen = scene.until_requests("the client reconnects", Route::Stream, 2)?;
    at_least("the time of silence", &seen.gaps(Route::Stream), alive + scene.tempo().idle)?;
    keeps_values(scene, &client, "without a stream")?;
    scene.until("the client closes the silent connection", "an end by the client", |seen| {
        is_closed_by_client(seen)
    })?;
    scene.edge().signal("go");
    client.until_string("the value of F after the reconnect", "F", "two")?;
    let expected = ExpectedAnswer::string("two").version(2);
    scene.answers("answer for F after the reconnect", &client, "F", &expected)
}

/// Returns true if the client has ended the connection of the first stream.
fn is_closed_by_client(seen: &Recording) -> bool {
    let first = seen.of(Route::Stream).next();
    let connection = first.and_then(|first| seen.connections.get(first.connection));
    let ended = connection.and_then(|connection| connection.ended);
    matches!(ended, Some((_, Ended::ByClient | Ended::ResetByClient)))
}

pub(super) const HEARTBEAT_KEEPS: Scenario = Scenario {
    id: "C-STREAM-026",
    name: "heartbeat-keeps",
    needs: &["timeouts.idle_ms"],
    given: "an Edge that sends heartbeats more often than the idle limit",
    when: "a client streams for twice its idle limit",
    then: "it does not reconnect, no listener is called, and updates still arrive",
    decision: "D-74",
    tempo: Tempo { idle: Duration::from_millis(1200), ..TEMPO },
    bites: &["AckNeedsObject"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().heartbeat(Some(stage.tempo().idle / 12));
    },
    run: heartbeat_keeps,
    ..STREAMING
};

fn heartbeat_keeps(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let (changes, readiness) = (on_change(scene, &client, "F")?, on_readiness(scene, &client)?);
    scene.no_request(
        "no request for twice the idle limit",
        Route::Stream,
        Tempo::watch(scene.tempo().idle, 2),
    )?;
    keeps_values(scene, &client, "after the heartbeats")?;
    if let Some(changes) = changes {
        equal("no call of a listener of F", changes.calls().len(), 0)?;
    }
    if let Some(readiness) = readiness {
        let other = |call: &crate::protocol::Called| call.readiness != Some(SdkReadiness::Ready);
        let calls = readiness.calls();
        check(
            "no notification of another readiness",
            !calls.iter().any(other),
            "READY at most",
            || format!("{calls:?}"),
        )?;
    }
    no_problem(scene, &client)?;
    keeps_stream(scene, &client)
}

fn no_problem(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    if scene.can("status") { equal("no problem", client.state()?.problem, None) } else { Ok(()) }
}
