//! Which changes a listener is called for, and with which values.

use fh_test_servers::featurehub::Feature;
use serde_json::json;

use super::super::anna;
use super::{called, on};
use crate::sdk::{ExpectedAnswer, ExpectedChange, Scene, SdkListener, Stage, Tempo, Verdict};

/// Watches a listener, which must not be called more than `count` times.
fn watch(scene: &Scene<'_>, label: &str, listener: &SdkListener, count: usize) -> Verdict {
    listener.no_more_than(label, count, Tempo::watch(scene.tempo().poll, 5))
}

/// Waits until a listener was called `count` times, and checks the last call.
pub(in super::super) fn last_call(
    label: &str,
    listener: &SdkListener,
    count: usize,
    expected: &ExpectedChange,
) -> Verdict {
    let calls = listener.until_calls(label, count)?;
    let call = calls.get(count - 1).cloned().unwrap_or_default();
    expected.check(&format!("content of the {label}"), &call)
}

pub(super) fn changed_only(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let listener = client.on_change("f", "F")?;
    scene.edge().change("F", |feature| feature);
    scene.edge().set_value("G", "two");
    client.until_string("value of G after the update", "G", "two")?;
    watch(scene, "no call for a version", &listener, 0)?;
    let second = ExpectedAnswer::string("one").version(2);
    scene.answers("F in its second version", &client, "F", &second)?;
    scene.edge().set_value("F", "two");
    last_call("call for a value", &listener, 1, &ExpectedChange::to("F", "two", 3))?;
    watch(scene, "one call for a value", &listener, 1)
}

/// Serves a feature of each type.
pub(super) fn four_types(stage: &Stage) {
    stage.edge().set_feature(Feature::string("S", "one"));
    stage.edge().set_feature(Feature::boolean("B", false));
    stage.edge().set_feature(Feature::number("N", 1.5));
    stage.edge().set_feature(Feature::json_text("J", r#"{"a":1}"#));
}

pub(super) fn once_per_change(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let mut listeners = Vec::new();
    for feature in ["S", "B", "N", "J"] {
        for name in [format!("first {feature}"), format!("second {feature}")] {
            listeners.push((feature, client.on_change(&name, feature)?));
        }
    }
    let rounds = [
        [("S", json!("two")), ("B", json!(true)), ("N", json!(2.5)), ("J", json!(r#"{"a":2}"#))],
        [("S", json!("")), ("B", json!(false)), ("N", json!(-1.5)), ("J", json!("[]"))],
    ];
    for (round, changes) in rounds.into_iter().enumerate() {
        let (count, version) = (round + 1, i64::try_from(round).unwrap_or_default() + 2);
        // One change after the other, so that a client cannot take several of them for one.
        for (feature, value) in changes {
            scene.edge().set_value(feature, value.clone());
            for (_, listener) in listeners.iter().filter(|(of, _)| *of == feature) {
                let label = format!("call of the {} listener", listener.name());
                let expected = ExpectedChange::to(feature, value.clone(), version);
                last_call(&label, listener, count, &expected)?;
            }
        }
        if let Some((_, listener)) = listeners.last() {
            watch(scene, "one call for a change", listener, count)?;
        }
        for (_, listener) in &listeners {
            called("one call of each listener", &[(listener, count)])?;
        }
    }
    Ok(())
}

/// Serves `F` with a strategy for the user `anna`, and `G`.
pub(super) fn with_a_strategy(stage: &Stage) {
    stage.with_features_f_and_g();
    stage
        .edge()
        .set_feature(Feature::string("F", "one").strategies(anna::strategies("anna's one")));
}

pub(super) fn context_view(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let plain = client.on_change("plain", "F")?;
    let hers = client.listen(on("anna", "F", Some(anna::context()), Vec::new()))?;
    scene.edge().set_value("F", "two");
    last_call("call without context", &plain, 1, &ExpectedChange::to("F", "two", 2))?;
    watch(scene, "no call for the value of others", &hers, 0)?;
    scene.edge().change("F", |feature| feature.strategies(anna::strategies("anna's two")));
    last_call("call with the context", &hers, 1, &ExpectedChange::to("F", "anna's two", 3))?;
    watch(scene, "no call for the strategy of others", &plain, 1)?;
    called("one call of each listener", &[(&plain, 1), (&hers, 1)])
}

pub(super) fn lock_change(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let listener = client.on_change("f", "F")?;
    scene.edge().lock("F");
    let locked = ExpectedChange::to("F", "one", 2).locked();
    last_call("call for the lock", &listener, 1, &locked)?;
    scene.edge().unlock("F");
    last_call("call for the unlock", &listener, 2, &ExpectedChange::to("F", "one", 3))?;
    watch(scene, "one call for each change of the lock", &listener, 2)
}

pub(super) fn removed(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let removed = client.on_change("removed", "F")?;
    let kept = client.on_change("kept", "F")?;
    scene.edge().set_value("F", "two");
    for listener in [&removed, &kept] {
        listener.until_calls("call before the removal", 1)?;
    }
    client.unlisten(&removed)?;
    client.unlisten(&removed)?;
    scene.edge().set_value("F", "three");
    last_call("call of the other listener", &kept, 2, &ExpectedChange::to("F", "three", 3))?;
    watch(scene, "no call after the removal", &removed, 1)?;
    called("one call for each change", &[(&kept, 2)])
}

pub(super) fn deleted(scene: &Scene<'_>) -> Verdict {
    let client = scene.ready_client()?;
    let listener = client.on_change("f", "F")?;
    scene.edge().delete_feature("F");
    last_call("call for the deletion", &listener, 1, &ExpectedChange::deleted("F"))?;
    scene.answers("read of the deleted feature", &client, "F", &ExpectedAnswer::missing())?;
    watch(scene, "one call for the deletion", &listener, 1)?;
    scene.edge().set_feature(Feature::string("F", "again"));
    last_call("call for the creation", &listener, 2, &ExpectedChange::to("F", "again", 1))?;
    watch(scene, "one call for the creation", &listener, 2)
}
