//! Line ends, a byte-order mark, and fields without a space after the colon.

use fh_test_servers::featurehub::{Behaviour, Route};

use super::event_stream::{FIRST, UPDATED, feature, has_updated_value, ready_with_first_value};
use super::first_request::end;
use crate::sdk::{ExpectedAnswer, SCENARIO, Scenario, Scene, SdkClient, Tempo, Verdict};

pub(super) const LINE_ENDS: Scenario = Scenario {
    id: "P-019",
    name: "sse.line-ends",
    tier: 2,
    requires: &["transport.stream"],
    given: "a stream whose lines end in CR, in LF or in CRLF",
    when: "the stream sends a list and updates",
    then: "the client has each value, on one stream",
    decision: "edge-protocol 3.2",
    bites: &["LineEndsSplit"],
    stage: |stage| {
        let text = format!(
            "event: ack\rdata: {{\"status\":\"discover\"}}\n\r\nevent: features\r\nid: v1\rdata: [{}]\n\r\n",
            feature(1, FIRST)
        );
        stage.edge().behave(Behaviour::sse().body(text).live());
    },
    run: line_ends,
    ..SCENARIO
};

pub(super) const BYTE_ORDER_MARK: Scenario = Scenario {
    id: "P-023",
    name: "sse.bom-and-no-space",
    tier: 2,
    requires: &["transport.stream"],
    given: "a stream that begins with a byte-order mark, and fields without a space after the colon",
    when: "the stream sends a list and an update",
    then: "the client has both values, on one stream",
    decision: "edge-protocol 3.2",
    bites: &["ByteOrderMarkStays"],
    stage: |stage| {
        // The event after the byte-order mark is the list: a client that misses the event has no features.
        let text = format!("event:features\ndata:[{}]\n\n", feature(1, FIRST));
        stage.edge().behave(Behaviour::sse().bom().body(text).live());
    },
    run: |scene| {
        let client = ready_with_first_value(scene)?;
        scene.edge().push_text(&format!("event:feature\ndata:{}\n\n", feature(2, UPDATED)));
        has_updated_value(scene, &client)
    },
    ..SCENARIO
};

fn line_ends(scene: &Scene<'_>) -> Verdict {
    let client = ready_with_first_value(scene)?;
    for (version, name, end) in [(2, "CR", "\r"), (3, "LF", "\n"), (4, "CRLF", "\r\n")] {
        let value = format!("lines end in {name}");
        let json = feature(version, &value);
        // The comment helps a decoder that needs the byte after a CR.
        let text = format!("event: feature{end}data: {json}{end}{end}: comment\n");
        scene.edge().push_text(&text);
        let label = format!("an update whose lines end in {name}");
        client.until_string(&label, "F", value.as_str())?;
        let version = i64::try_from(version).unwrap_or_default();
        let expected = ExpectedAnswer::string(&value).version(version);
        scene.answers(&format!("answer after lines with {name}"), &client, "F", &expected)?;
    }
    scene.at_most("one stream", Route::Stream, 1, Tempo::watch(scene.tempo().retry, 3))?;
    if scene.is_own() { in_pieces(scene, &client) } else { Ok(()) }
}

/// Checks that a CR and its LF are one end of a line even if they arrive alone. A busy machine may read pieces at once, so the Edge sends
/// several updates, and the client does something before each piece.
fn in_pieces(scene: &Scene<'_>, client: &SdkClient) -> Verdict {
    for version in 10..20 {
        let value = format!("version {version} in pieces");
        let data = format!("\ndata: {}\r", feature(version, &value));
        for piece in ["event: feature\r", &data, "\n\r", "\n"] {
            client.state()?;
            scene.edge().push_text(piece);
        }
        client.until_string("an update in pieces", "F", value.as_str())?;
    }
    end(scene, client)
}
