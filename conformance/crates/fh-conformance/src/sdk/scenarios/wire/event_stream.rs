//! Events of a stream: their pieces, and events without features.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Feature, Route};

use crate::sdk::{ExpectedAnswer, SCENARIO, Scenario, Scene, SdkClient, Stop, Verdict};

/// The first value of `F`, and the value after the update. Their letters have one to four bytes.
pub(super) const FIRST: &str = "one ñ € 😀";
pub(super) const UPDATED: &str = "two ß ☃ 🚀";

pub(super) const FRAGMENTED: Scenario = Scenario {
    id: "P-018",
    name: "sse.fragmented",
    tier: 2,
    requires: &["transport.stream"],
    given: "an Edge that writes each byte alone, and values with letters of several bytes",
    when: "the stream sends a list and an update",
    then: "the client has both values, on one stream",
    decision: "edge-protocol 3.2",
    bites: &["PiecesAreDecodedAlone"],
    stage: |stage| {
        stage.edge().set_feature(Feature::string("F", FIRST));
        stage.edge().behave(Behaviour::new().drip(1, Duration::from_millis(1)));
    },
    run: |scene| {
        let client = ready_with_first_value(scene)?;
        scene.edge().set_value("F", UPDATED);
        has_updated_value(scene, &client)
    },
    ..SCENARIO
};

pub(super) const SEVERAL_DATA_LINES: Scenario = Scenario {
    id: "P-020",
    name: "sse.multi-data",
    tier: 2,
    requires: &["transport.stream"],
    given: "events whose JSON is spread over several `data:` lines",
    when: "the stream sends a list and an update",
    then: "the client joins the lines and has both values, on one stream",
    decision: "edge-protocol 3.2",
    bites: &["LastDataLineCounts"],
    stage: |stage| {
        let list = spread(&format!("[{}]", feature(1, FIRST)));
        stage.edge().behave(Behaviour::sse().ack().event("features", &list).live());
    },
    run: |scene| {
        let client = ready_with_first_value(scene)?;
        scene.edge().push_event("feature", &spread(&feature(2, UPDATED)));
        has_updated_value(scene, &client)
    },
    ..SCENARIO
};

pub(super) const UNKNOWN_EVENT: Scenario = Scenario {
    id: "P-024",
    name: "sse.unknown-event",
    tier: 2,
    requires: &["transport.stream"],
    given: "events with unknown names whose data is not JSON, before and after the list",
    when: "the stream sends an update",
    then: "the client ignores the unknown events and has the value, on one stream",
    decision: "sdk-behaviour 0.4",
    bites: &["UnknownEventsEndStreams"],
    stage: |stage| {
        stage.edge().set_feature(Feature::string("F", FIRST));
        let list = Behaviour::sse().event("wibble", "{not json").ack().features();
        stage.edge().behave(list.event("wobble", "<xml/>").event_without_data("wibble").live());
    },
    run: |scene| {
        let client = ready_with_first_value(scene)?;
        scene.edge().push_event("wibble", "[\"F\", 1");
        scene.edge().set_value("F", UPDATED);
        has_updated_value(scene, &client)
    },
    ..SCENARIO
};

pub(super) const ACK: Scenario = Scenario {
    id: "P-025",
    name: "sse.ack-payload",
    tier: 2,
    requires: &["transport.stream"],
    given: "`ack` events with an object and with the text `❤️`, before and after the list",
    when: "the stream sends an update",
    then: "the client ignores them and has the value, on one stream",
    decision: "edge-protocol 3.3",
    bites: &["AckNeedsObject"],
    stage: |stage| {
        stage.edge().set_feature(Feature::string("F", FIRST));
        stage.edge().behave(Behaviour::sse().ack().heartbeat().features().heartbeat().ack().live());
    },
    run: |scene| {
        let client = ready_with_first_value(scene)?;
        scene.edge().push_event("ack", "\"\u{2764}\u{fe0f}\"");
        scene.edge().set_value("F", UPDATED);
        has_updated_value(scene, &client)
    },
    ..SCENARIO
};

/// Returns the JSON of `F` in a version.
pub(super) fn feature(version: u64, value: &str) -> String {
    Feature::string("F", value).version(version).json().to_string()
}

/// Breaks JSON into lines after each of its members.
fn spread(json: &str) -> String {
    json.replace(',', ",\n").replace('{', "{\n").replace('}', "\n}")
}

/// Starts a streaming client that receives the first value.
///
/// # Errors
/// The failed check.
pub(super) fn ready_with_first_value(scene: &Scene<'_>) -> Result<SdkClient, Stop> {
    let client = scene.create(scene.streaming())?;
    client.until_ready()?;
    scene.answers("value of the list", &client, "F", &ExpectedAnswer::string(FIRST))?;
    Ok(client)
}

/// Waits for the updated value, which the client must have received on its first stream.
///
/// # Errors
/// The failed check.
pub(super) fn has_updated_value(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    client.until_string("the update arrives", "F", UPDATED)?;
    let expected = ExpectedAnswer::string(UPDATED).version(2);
    scene.answers("value of the update", client, "F", &expected)?;
    scene.at_most("one stream", Route::Stream, 1, Duration::ZERO)
}
