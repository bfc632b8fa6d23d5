//! Events whose data cannot be read.

use fh_test_servers::featurehub::Route;

use super::super::broken_edge;
use super::{STREAMING, ready};
use crate::sdk::{ExpectedAnswer, Scenario, Scene, Verdict};

pub(super) const EVENT: Scenario = Scenario {
    id: "C-STREAM-023",
    name: "malformed-event",
    needs: &["retry.initial_ms"],
    given: "a ready client",
    when: "the Edge sends an event with half of its JSON, and then a good update",
    then: "the client has the good value in the end, after at most two further requests for a stream",
    decision: "sdk-behaviour 2.2",
    bites: &["MalformedIsFinal", "MalformedSkipped"],
    run: |scene| {
        unreadable(
            scene,
            [
                ("feature", r#"{"key":"F","version":9,"#),
                ("delete_feature", r#"{"key":"F","version":"#),
                ("features", r#"[{"id":"#),
            ],
        )
    },
    ..STREAMING
};

pub(super) const WRONG_SHAPE: Scenario = Scenario {
    id: "C-STREAM-024",
    name: "wrong-shape",
    needs: &["retry.initial_ms"],
    given: "a ready client",
    when: "the Edge sends JSON of another shape, such as a list that is an object, and then a good update",
    then: "the client has the good value in the end, after at most two further requests for a stream",
    decision: "sdk-behaviour 2.2",
    bites: &["MalformedIsFinal"],
    run: |scene| {
        unreadable(
            scene,
            [("features", r#"{"features":[]}"#), ("feature", "[]"), ("delete_feature", "17")],
        )
    },
    ..STREAMING
};

/// Sends events that cannot be read, each followed by a good update.
fn unreadable(scene: &Scene<'_>, events: [(&str, &str); 3]) -> Verdict {
    let client = ready(scene)?;
    for (event, data) in events {
        let before = scene.edge().recording().count(Route::Stream);
        scene.edge().push_event(event, data);
        let version = scene.edge().set_value("F", format!("after {event}"));
        let value = format!("after {event}");
        let label = format!("the good value after `{event}`");
        client.until_string(&label, "F", value.as_str())?;
        let version = i64::try_from(version).unwrap_or_default();
        let expected = ExpectedAnswer::string(&value).version(version);
        scene.answers(&format!("answer for F after `{event}`"), &client, "F", &expected)?;
        if scene.is_own() {
            broken_edge::another_stream_after(scene, event, before)?;
        }
        let watch = crate::sdk::Tempo::watch(scene.tempo().retry, 5);
        let label = format!("at most two further requests after `{event}`");
        scene.at_most(&label, Route::Stream, before + 2, watch)?;
    }
    Ok(())
}
