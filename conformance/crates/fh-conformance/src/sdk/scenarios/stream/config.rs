//! The event `config`.

use std::time::{Duration, Instant};

use fh_test_servers::featurehub::Route;

use super::{
    STREAMING, keeps_stream, keeps_values, ready, shows_stale, ten_delays, until_processed,
};
use crate::protocol::SdkReadiness;
use crate::sdk::{ExpectedAnswer, Scenario, Scene, TEMPO, Tempo, Verdict, equal};

pub(super) const OTHER: Scenario = Scenario {
    id: "C-STREAM-020",
    name: "config-other",
    given: "a ready client",
    when: "the Edge sends `config` without `edge.stale`",
    then: "the event is ignored, and the stream goes on",
    decision: "D-22",
    bites: &["ConfigNeedsStale"],
    run: other,
    ..STREAMING
};

fn other(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    for config in [r#"{"edge.other":1}"#, r#"{"edge.other":true}"#, "{}"] {
        scene.edge().push_event("config", config);
    }
    until_processed(scene, &client)?;
    keeps_values(scene, &client, "after the events")?;
    keeps_stream(scene, &client)
}

pub(super) const STALE_PAUSE: Scenario = Scenario {
    id: "C-STREAM-021",
    name: "config-stale-pause",
    given: "a ready client",
    when: "the Edge sends `config` with `edge.stale` 2",
    then: "the client disconnects, keeps its values, sends no request for 2 s, and then reconnects",
    decision: "D-22",
    // Longer than any wait, so that only the pause ends the stream.
    tempo: Tempo { idle: Duration::from_secs(120), ..TEMPO },
    bites: &["AnyStaleStops", "PauseIgnored"],
    run: stale_pause,
    ..STREAMING
};

fn stale_pause(scene: &Scene<'_>) -> Verdict {
    const PAUSE: Duration = Duration::from_secs(2);
    let client = ready(scene)?;
    let sent = Instant::now();
    scene.edge().push_event("config", r#"{"edge.stale":2}"#);
    scene.until("the client disconnects", "no open stream", |seen| {
        seen.in_flight(Route::Stream) == 0
    })?;
    keeps_values(scene, &client, "during the pause")?;
    scene.edge().set_value("F", "two");
    scene.no_request_since("no request for 2 s", sent, PAUSE)?;
    scene.until_requests("the client reconnects after the pause", Route::Stream, 2)?;
    client.until_string("the value of F after the pause", "F", "two")?;
    let expected = ExpectedAnswer::string("two").version(2);
    scene.answers("answer for F after the pause", &client, "F", &expected)
}

pub(super) const STALE_OTHER: Scenario = Scenario {
    id: "C-STREAM-022",
    name: "config-stale-other",
    needs: &["retry.initial_ms"],
    given: "a ready client",
    when: "the Edge sends `config` with `edge.stale` false, null, 0 or a text; and then with true",
    then: "the client ignores the former; after true it disconnects, keeps its values and READY, and sends no request for 10 N, and a \
           refresh resumes it",
    decision: "D-22, D-67",
    bites: &["AnyStaleStops"],
    run: stale_other,
    ..STREAMING
};

fn stale_other(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    for stale in ["false", "null", "0", "\"true\"", "\"3\""] {
        scene.edge().push_event("config", &format!(r#"{{"edge.stale":{stale}}}"#));
    }
    until_processed(scene, &client)?;
    keeps_values(scene, &client, "after the ignored events")?;
    let streams = scene.edge().recording().count(Route::Stream);
    equal("one request for a stream after the ignored events", streams, 1)?;

    let sent = Instant::now();
    scene.edge().push_event("config", r#"{"edge.stale":true}"#);
    scene.until("the client disconnects", "no open stream", |seen| {
        seen.in_flight(Route::Stream) == 0
    })?;
    scene.no_request_since("no request for 10 N", sent, ten_delays(scene))?;
    keeps_values(scene, &client, "after the stop")?;
    shows_stale(scene, &client)?;
    if scene.can("refresh") {
        scene.edge().set_value("F", "two");
        let refreshed = client.refresh()?.map_err(|error| error.message);
        equal("a refresh", refreshed, Ok::<_, String>(SdkReadiness::Ready))?;
        client.until_string("the value of F after the refresh", "F", "two")?;
    }
    Ok(())
}
