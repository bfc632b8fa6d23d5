//! Lists, updates and deletes that arrive on a stream.

use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, Feature, Route};
use serde_json::Value;

use super::{
    STREAMING, keeps_stream, notified, on_change, on_readiness, ready, until_arrived,
    until_processed,
};
use crate::protocol::{Called, SdkReadiness};
use crate::sdk::{
    ExpectedAnswer, ExpectedChange, Scenario, Scene, SdkListener, TEMPO, Tempo, Verdict, equal,
};

/// A limit that ends nothing here.
const FAR: Duration = Duration::from_secs(60);

pub(super) const FIRST: Scenario = Scenario {
    id: "C-STREAM-001",
    name: "first",
    when: "a client opens a stream",
    then: "it becomes READY, reports READY once, and the values are readable",
    decision: "sdk-behaviour 2.3",
    bites: &["SingleFeaturesMakeReady"],
    tempo: Tempo { head: FAR, idle: FAR, ..TEMPO },
    run: first,
    ..STREAMING
};

fn first(scene: &Scene<'_>) -> Verdict {
    let client = scene.create(scene.streaming())?;
    let readiness = on_readiness(scene, &client)?;
    client.until_ready()?;
    scene.answers("answer for F", &client, "F", &ExpectedAnswer::string("one"))?;
    if let Some(readiness) = readiness {
        readiness.until_call("a listener is notified of READY", "READY", |call| {
            call.readiness == Some(SdkReadiness::Ready)
        })?;
        let calls = readiness.calls().len();
        let watch = Tempo::watch(scene.tempo().retry, 5);
        readiness.no_more_than("no further notification", calls, watch)?;
        equal("one notification of READY", notified(&readiness, SdkReadiness::Ready), 1)?;
    }
    equal("one request for a stream", scene.edge().recording().count(Route::Stream), 1)?;
    if scene.is_own() { needs_a_list(scene) } else { Ok(()) }
}

/// Checks that a single feature before the first list does not make a client ready.
fn needs_a_list(scene: &Scene<'_>) -> Verdict {
    let feature = Feature::string("F", "one").json().to_string();
    let list = Behaviour::sse().ack().event("feature", &feature).wait_for_signal("list").features();
    scene.edge().behave(list.live());
    let client = scene.create(scene.streaming())?;
    let watch = Tempo::watch(scene.tempo().retry, 3);
    scene.at_most("one request for each stream", Route::Stream, 2, watch)?;
    let readiness = client.state()?.readiness;
    equal("readiness before the list", readiness, SdkReadiness::NotReady)?;
    scene.edge().signal("list");
    client.until_ready()
}

pub(super) const UPDATE: Scenario = Scenario {
    id: "C-STREAM-002",
    name: "update",
    given: "a ready client",
    when: "the Edge sends version 2 of F with another value",
    then: "the value changes, and a listener is called once, with the new value",
    decision: "sdk-behaviour 2.2, 2.5",
    bites: &["ListenersGetTheFormerValue"],
    run: update,
    ..STREAMING
};

fn update(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let listener = on_change(scene, &client, "F")?;
    scene.edge().set_value("F", "two");
    client.until_string("the update arrives", "F", "two")?;
    let expected = ExpectedAnswer::string("two").version(2);
    scene.answers("answer for F after the update", &client, "F", &expected)?;
    if let Some(listener) = listener {
        called_once(scene, &listener, &ExpectedChange::to("F", "two", 2))?;
    }
    equal("one request for a stream", scene.edge().recording().count(Route::Stream), 1)
}

/// Checks that a listener is called once, for this change.
fn called_once(scene: &Scene<'_>, listener: &SdkListener, expected: &ExpectedChange) -> Verdict {
    let calls = listener.until_calls("the listener is called", 1)?;
    expected.check("the call of the listener", calls.first().unwrap_or(&Called::default()))?;
    listener.no_more_than("one call of the listener", 1, Tempo::watch(scene.tempo().retry, 5))
}

pub(super) const UPDATE_OLDER: Scenario = Scenario {
    id: "C-STREAM-003",
    name: "update-older",
    given: "a ready client with version 5 of F",
    when: "the Edge sends version 4 with another value",
    then: "version 5 keeps its value",
    decision: "sdk-behaviour 2.2",
    bites: &["EqualVersionsDropped", "OlderVersionsTaken"],
    stage: with_version_5,
    run: update_older,
    ..STREAMING
};

fn with_version_5(stage: &crate::sdk::Stage) {
    stage.edge().set_feature(Feature::string("F", "five").version(5));
}

fn update_older(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let older = Feature::string("F", "four").version(4).json();
    scene.edge().push_event("feature", &older.to_string());
    until_processed(scene, &client)?;
    let expected = ExpectedAnswer::string("five").version(5);
    scene.answers("answer for F after the older version", &client, "F", &expected)?;
    if scene.is_own() {
        let another = Feature::string("F", "another five").version(5).json();
        scene.edge().push_event("feature", &another.to_string());
        client.until_string("another value with the same version", "F", "another five")?;
    }
    keeps_stream(scene, &client)
}

pub(super) const DELETE: Scenario = Scenario {
    id: "C-STREAM-004",
    name: "delete",
    given: "a ready client with version 3 of four features",
    when: "the Edge deletes one with a newer version, one with the equal version, one with version 0 and one without a version",
    then: "the four features are gone, and F is not",
    decision: "D-27",
    bites: &["EqualDeletesIgnored", "ZeroDeletesIgnored"],
    stage: |stage| {
        stage.with_feature_f();
        for (key, _) in DELETES {
            stage.edge().set_feature(Feature::string(key, "three").version(3));
        }
    },
    run: delete,
    ..STREAMING
};

/// Keys and the versions with which they are deleted.
const DELETES: [(&str, Option<u64>); 4] =
    [("NEWER", Some(4)), ("EQUAL", Some(3)), ("ZERO", Some(0)), ("ABSENT", None)];

fn delete(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    for (key, version) in DELETES {
        let deleted = Feature::string(key, "three").member("version", version.into());
        scene.edge().push_event("delete_feature", &deleted.json().to_string());
    }
    until_processed(scene, &client)?;
    for (key, _) in DELETES {
        let label = format!("answer for {key} after its deletion");
        scene.answers(&label, &client, key, &ExpectedAnswer::missing())?;
    }
    scene.answers(
        "answer for F after the deletions",
        &client,
        "F",
        &ExpectedAnswer::string("one"),
    )?;
    keeps_stream(scene, &client)
}

pub(super) const DELETE_OLDER: Scenario = Scenario {
    id: "C-STREAM-005",
    name: "delete-older",
    given: "a ready client with version 5 of F",
    when: "the Edge sends a deletion with version 3",
    then: "F keeps its value",
    decision: "D-27",
    bites: &["DeletesAlwaysCount"],
    stage: with_version_5,
    run: delete_older,
    ..STREAMING
};

fn delete_older(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let older = Feature::string("F", "three").version(3).json();
    scene.edge().push_event("delete_feature", &older.to_string());
    until_processed(scene, &client)?;
    let expected = ExpectedAnswer::string("five").version(5);
    scene.answers("answer for F after the older deletion", &client, "F", &expected)?;
    keeps_stream(scene, &client)
}

pub(super) const RESURRECT: Scenario = Scenario {
    id: "C-STREAM-006",
    name: "resurrect",
    given: "a ready client with version 5 of F",
    when: "the Edge deletes F with version 6, then sends the late version 5 (to SDKs of this project also a late version 6), then version 7, \
           and then version 1 with another id",
    then: "F is gone, stays gone after the late version, and exists again with version 7, and then as the other feature",
    decision: "sdk-behaviour 2.2, D-73",
    bites: &["EqualVersionsRevive", "NewIdsIgnored", "NoTombstones"],
    stage: with_version_5,
    run: resurrect,
    ..STREAMING
};

const OTHER_ID: &str = "5f1c2a77-0c55-4c1e-9a67-0a9a6f2f7d11";

fn resurrect(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let deleted = scene.edge().retire("F");
    equal("version of the deletion", deleted, Some(6))?;
    client.until_string("F has no value after its deletion", "F", Value::Null)?;
    scene.answers("answer for F after its deletion", &client, "F", &ExpectedAnswer::missing())?;
    let late_versions: &[u64] = if scene.is_own() { &[5, 6] } else { &[5] };
    for version in late_versions {
        let late = Feature::string("F", "late").version(*version).json();
        scene.edge().push_event("feature", &late.to_string());
        until_arrived(scene, &client, &format!("LATER_{version}"))?;
        let missing = ExpectedAnswer::missing();
        scene.answers("answer for F after the late version", &client, "F", &missing)?;
    }
    scene.edge().set_value("F", "seven");
    client.until_string("F has a value again", "F", "seven")?;
    let expected = ExpectedAnswer::string("seven").version(7);
    scene.answers("answer for F after its return", &client, "F", &expected)?;
    scene.edge().set_feature(Feature::string("F", "other").id(OTHER_ID));
    client.until_string("the value of F with another id", "F", "other")?;
    let expected = ExpectedAnswer::string("other");
    scene.answers("answer for F with another id", &client, "F", &expected)?;
    keeps_stream(scene, &client)
}

pub(super) const NEW_FEATURE: Scenario = Scenario {
    id: "C-STREAM-007",
    name: "new-feature",
    given: "a ready client, and a listener of a feature that does not exist",
    when: "the Edge sends this feature, and then renames it",
    then: "the feature exists, and the listener is called once; a renamed feature exists under its new key only",
    decision: "sdk-behaviour 2.2, 2.5",
    bites: &["RenamesLeaveTheOldKey"],
    run: new_feature,
    ..STREAMING
};

fn new_feature(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    scene.answers(
        "answer before the feature exists",
        &client,
        "NEW",
        &ExpectedAnswer::missing(),
    )?;
    let listener = on_change(scene, &client, "NEW")?;
    scene.edge().set_feature(Feature::string("NEW", "born"));
    client.until_string("the feature appears", "NEW", "born")?;
    let expected = ExpectedAnswer::string("born");
    scene.answers("answer once the feature exists", &client, "NEW", &expected)?;
    if let Some(listener) = listener {
        called_once(scene, &listener, &ExpectedChange::to("NEW", "born", 1))?;
    }
    // A rename: another key for the same id.
    scene.edge().change("NEW", |feature| feature.member("key", "RENAMED".into()));
    client.until_string("the renamed feature appears", "RENAMED", "born")?;
    let expected = ExpectedAnswer::string("born").version(2);
    scene.answers("answer for the new key", &client, "RENAMED", &expected)?;
    scene.answers("answer for the old key", &client, "NEW", &ExpectedAnswer::missing())?;
    keeps_stream(scene, &client)
}

pub(super) const FEATURES_SHRINKS: Scenario = Scenario {
    id: "C-STREAM-008",
    name: "features-shrinks",
    given: "a ready client with the features F and G",
    when: "the Edge sends a list without G on the same stream",
    then: "G is gone, and F is not",
    decision: "D-26",
    bites: &["ListsRemoveNothing"],
    stage: |stage| {
        stage.with_feature_f();
        stage.edge().set_feature(Feature::string("G", "here"));
    },
    run: features_shrinks,
    ..STREAMING
};

fn features_shrinks(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    scene.answers(
        "answer for G in the first list",
        &client,
        "G",
        &ExpectedAnswer::string("here"),
    )?;
    // No event reports the deletion: only the list shows it.
    scene.edge().withhold_updates();
    scene.edge().delete_feature("G");
    scene.edge().push_updates();
    scene.edge().push_event("features", &super::list_of(scene, &["F"]));
    client.until_string("G has no value after the second list", "G", Value::Null)?;
    scene.answers(
        "answer for G after the second list",
        &client,
        "G",
        &ExpectedAnswer::missing(),
    )?;
    let kept = ExpectedAnswer::string("one");
    scene.answers("answer for F after the second list", &client, "F", &kept)?;
    keeps_stream(scene, &client)
}

pub(super) const DUPLICATE_FEATURES: Scenario = Scenario {
    id: "C-STREAM-031",
    name: "duplicate-features",
    requires: &["transport.stream", "listen.feature"],
    given: "a ready client, and a listener of F",
    when: "the Edge sends the same list again",
    then: "the listener is not called until F changes",
    decision: "sdk-behaviour 2.5",
    bites: &["ListenersHearEverything"],
    run: duplicate_features,
    ..STREAMING
};

fn duplicate_features(scene: &Scene<'_>) -> Verdict {
    let client = ready(scene)?;
    let listener = client.on_change("changes", "F")?;
    scene.edge().push_event("features", &super::list_of(scene, &["F"]));
    until_processed(scene, &client)?;
    scene.answers("answer for F", &client, "F", &ExpectedAnswer::string("one"))?;
    listener.no_more_than("no call", 0, Tempo::watch(scene.tempo().retry, 5))?;
    keeps_stream(scene, &client)?;
    called_once(scene, &listener, &ExpectedChange::to("F", "alive", 2))
}
