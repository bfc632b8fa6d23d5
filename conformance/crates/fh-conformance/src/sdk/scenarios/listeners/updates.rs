//! Listeners and whole updates.

use fh_test_servers::featurehub::Feature;
use serde_json::{Value, json};

use super::calls::last_call;
use super::{called, on};
use crate::protocol::{Called, ListenOn, Then};
use crate::sdk::{ExpectedChange, Scene, Stage, Tempo, Verdict, check, equal};

/// The features of one list, of which the first and the last are compared.
const FEATURES: [&str; 5] = ["FIRST", "SECOND", "THIRD", "FOURTH", "LAST"];

/// Serves all features with the value `0`.
pub(super) fn first_and_last(stage: &Stage) {
    stage.edge().replace_all(FEATURES.map(|feature| Feature::string(feature, "0")));
}

pub(super) fn consistent(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.polling())?;
    client.until_ready()?;
    let read =
        |feature: &str| Then::Read { feature: feature.to_owned(), kind: "STRING".to_owned() };
    let first = client.listen(on("first", "FIRST", None, vec![read("LAST")]))?;
    let last = client.listen(on("last", "LAST", None, vec![read("FIRST")]))?;
    for count in 1..=5_u32 {
        let value = count.to_string();
        let (version, calls) = (i64::from(count) + 1, usize::try_from(count).unwrap_or_default());
        scene.edge().replace_all(
            FEATURES.map(|feature| Feature::string(feature, &value).version(u64::from(count) + 1)),
        );
        for (listener, own, other) in [(&first, "FIRST", "LAST"), (&last, "LAST", "FIRST")] {
            let label = format!("call of the listener for {own}");
            let change = ExpectedChange::to(own, value.as_str(), version);
            last_call(&label, listener, calls, &change)?;
            let call = listener.calls().get(calls - 1).cloned().unwrap_or_default();
            let label = format!("value of {other} in the listener for {own}");
            equal(&label, call.reads.get(other), Some(&json!(value)))?;
        }
    }
    called("one call for each list", &[(&first, 5), (&last, 5)])
}

pub(super) fn raw(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    let raw = client.on("raw", ListenOn::Raw)?;
    scene.edge().signal("go");
    client.until_ready()?;
    let whole = raw.until_calls("call for the list", 1)?;
    update("content of the list", whole.first(), "features", json!({"F": 1, "G": 1}))?;
    scene.edge().set_value("F", "two");
    let single = raw.until_calls("call for the change", 2)?;
    update("content of the change", single.get(1), "feature", json!({"F": 2}))?;
    scene.edge().delete_feature("F");
    let delete = raw.until_calls("call for the deletion", 3)?;
    let keys = |call: &Called| call.features.iter().flatten().map(|(key, _)| key.clone()).collect();
    let deleted: Option<(Option<String>, Vec<String>)> =
        delete.get(2).map(|call| (call.kind.clone(), keys(call)));
    // The version of a deleted feature depends on the server, and may be missing.
    let kind = deleted.as_ref().and_then(|(kind, _)| kind.as_deref());
    equal("kind of the deletion", kind, Some("delete_feature"))?;
    let named = deleted.iter().flat_map(|(_, keys)| keys).all(|key| key == "F");
    check("features of the deletion", named, "F, or none without a version", || {
        format!("{deleted:?}")
    })?;
    let source = delete.get(2).and_then(|call| call.source.as_deref());
    equal("source of the deletion", source, Some("streaming"))?;
    raw.no_more_than("one call for each update", 3, Tempo::watch(scene.tempo().poll, 5))
}

/// Checks one raw update: its kind, its source, and the versions of its features.
fn update(label: &str, call: Option<&Called>, kind: &str, features: Value) -> Verdict {
    let actual =
        call.map(|call| (call.kind.as_deref(), call.source.as_deref(), json!(call.features)));
    equal(label, actual, Some((Some(kind), Some("streaming"), features)))
}
