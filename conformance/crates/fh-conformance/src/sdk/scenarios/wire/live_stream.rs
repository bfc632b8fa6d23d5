//! The life of a stream: comments as signs of life, `retry:`, and a body whose end is the end of the connection.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Feature, Framing, Route};

use super::event_stream::{FIRST, UPDATED, has_updated_value, ready_with_first_value};
use crate::sdk::{SCENARIO, Scenario, Scene, TEMPO, Tempo, Verdict, check, equal};

pub(super) const COMMENTS: Scenario = Scenario {
    id: "P-021",
    name: "sse.comment-only",
    tier: 2,
    requires: &["transport.stream"],
    needs: &["timeouts.idle_ms"],
    given: "a stream that sends nothing but comments after its list, for four times the limit of a silent stream",
    when: "the limit has passed several times, and the stream sends an update",
    then: "the client keeps the stream and has the value",
    decision: "D-74",
    bites: &["OnlyEventsKeepStreamsOpen"],
    tempo: Tempo { idle: Duration::from_secs(1), ..TEMPO },
    stage: |stage| {
        stage.edge().set_feature(Feature::string("F", FIRST));
        let pause = stage.tempo().idle / 10;
        let list = Behaviour::sse().ack().features();
        // Each comment arrives in two pieces.
        let alive = (0..40).fold(list, |stream, _| {
            stream.sleep(pause / 2).body(": still").sleep(pause / 2).body(" here\n")
        });
        stage.edge().behave(alive.live());
    },
    run: |scene| {
        let client = ready_with_first_value(scene)?;
        scene.at_most("no reconnect during comments", Route::Stream, 1, scene.tempo().idle * 3)?;
        scene.edge().set_value("F", UPDATED);
        has_updated_value(scene, &client)
    },
    ..SCENARIO
};

pub(super) const RETRY_FIELD: Scenario = Scenario {
    id: "P-022",
    name: "sse.retry-field",
    tier: 2,
    requires: &["transport.stream"],
    needs: &["retry.initial_ms"],
    given: "a stream that sends `retry:` with several times the client's own delay, and then ends",
    when: "the client reconnects",
    then: "it does so no earlier than the stream requested",
    decision: "D-75",
    bites: &["RetryFieldIgnored"],
    stage: |stage| {
        stage.with_feature_f();
        let first = Behaviour::sse().ack().features().retry(requested(stage.tempo()));
        stage.edge().script(Route::Stream, [first], Behaviour::healthy());
    },
    run: retry_field,
    ..SCENARIO
};

pub(super) const WITHOUT_LENGTH: Scenario = Scenario {
    id: "P-026",
    name: "sse.no-content-length-no-chunk",
    tier: 2,
    requires: &["transport.stream"],
    needs: &["retry.initial_ms"],
    given: "a stream over HTTP/1.0, with neither a length nor chunks, which the end of the connection ends",
    when: "the stream sends a list and an update, and ends",
    then: "the client has each value when it arrives, and reconnects after the end",
    decision: "edge-protocol 3.2",
    bites: &["OldHttpIsRefused"],
    stage: |stage| {
        stage.edge().set_feature(Feature::string("F", FIRST));
        let head = Behaviour::sse().framing(Framing::UntilClose).http_1_0();
        stage.edge().behave_on(Route::Stream, head.ack().features().live());
    },
    run: |scene| {
        let client = ready_with_first_value(scene)?;
        scene.edge().set_value("F", UPDATED);
        has_updated_value(scene, &client)?;
        let open = scene.edge().recording().in_flight(Route::Stream);
        equal("the stream is open when the update arrives", open, 1)?;
        scene.edge().withhold_updates();
        scene.edge().set_value("F", "three");
        scene.edge().end_streams();
        client.until_string("the value after the end of the stream", "F", "three")?;
        scene.until_requests("the client reconnects", Route::Stream, 2).map(drop)
    },
    ..SCENARIO
};

/// Returns the delay that the stream requests: longer than each delay of the client, and below the 30 seconds that clients accept.
fn requested(tempo: Tempo) -> Duration {
    (tempo.retry * 3).max(Duration::from_secs(1))
}

fn retry_field(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    let seen = scene.until_requests("the client reconnects", Route::Stream, 2)?;
    let least = requested(scene.tempo());
    let gap = seen.gaps(Route::Stream).first().copied().unwrap_or_default();
    check(
        "the delay that the stream requested",
        gap >= least,
        &format!("at least {least:?}"),
        || format!("{gap:?}"),
    )?;
    client.until_string("the value after the reconnect", "F", "one")
}
