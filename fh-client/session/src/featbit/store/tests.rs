//! Tests of the store: the steps that were run against the published Node SDK, and what other stores get wrong.

use fh_eval::featbit::{Profile, User};
use fh_eval::{Subject, Timestamp};
use serde_json::{Value, json};

use super::*;
use crate::featbit::message::Message;

fn apply(store: &mut Store, message: &Value) -> Applied {
    let text = message.to_string().into();
    match Message::parse(&text).unwrap() {
        Message::Sync(sync) => store.apply(&sync),
        Message::Pong | Message::Other => panic!("no data-sync: {text}"),
    }
}

fn message(event: &str, flags: &[Value], segments: &[Value]) -> Value {
    json!({"messageType": "data-sync", "data": {"eventType": event, "featureFlags": flags, "segments": segments}})
}

/// A flag that serves `value`, with this version in milliseconds.
fn flag(key: &str, id: &str, version: i64, value: &str) -> Value {
    json!({
        "id": id, "key": key, "variationType": "string", "updatedAt": Timestamp::from_millis(version).to_string(), "isArchived": false,
        "variations": [{"id": "v", "value": value}], "isEnabled": true, "disabledVariationId": "v", "rules": [],
        "fallthrough": {"variations": [{"id": "v", "rollout": [0, 1], "exptRollout": 1}]}
    })
}

fn archived(mut flag: Value) -> Value {
    flag["isArchived"] = true.into();
    flag
}

fn value(store: &Store, key: &str) -> Option<String> {
    let user = User::builder("bob").build();
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    Some(store.ruleset().get(key)?.evaluate(&subject).string()?.to_string())
}

fn served(store: &Store, key: &str) -> Option<String> {
    let user = User::builder("of no segment").build();
    let subject = Subject::new(user.attributes(), Timestamp::from_millis(0));
    store.ruleset().get(key)?.evaluate(&subject).variant().map(str::to_string)
}

#[test]
fn the_steps_of_the_vectors() {
    let text = include_str!("../../../../../conformance/data/imported/featbit/store-sync.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let steps = vectors["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 14);
    let mut store = Store::new(Profile::Server);
    for step in steps {
        apply(&mut store, &step["message"]);
        let (note, expected) = (&step["note"], &step["expectedNode"]);
        assert_eq!(store.cursor(), expected["cursor"].as_i64().unwrap(), "{note}");
        let flags = expected["flags"].as_object().unwrap();
        assert_eq!(store.flags.len(), flags.len(), "{note}");
        for (key, flag) in flags {
            assert_eq!(store.flag_version(key), flag["version"].as_i64(), "{note}: {key}");
            let is_archived = flag["isArchived"].as_bool().unwrap();
            assert_eq!(store.is_archived(key), is_archived, "{note}: {key}");
            // The published SDK serves archived flags.
            let serves = flag["serves"].as_str().filter(|_| !is_archived);
            assert_eq!(served(&store, key).as_deref(), serves, "{note}: {key}");
        }
        let segments = expected["segments"].as_object().unwrap();
        assert_eq!(store.segments.len(), segments.len(), "{note}");
        for (id, version) in segments {
            assert_eq!(store.segment_version(id), version.as_i64(), "{note}: {id}");
        }
    }
}

#[test]
fn an_unreadable_entity_costs_itself_only() {
    let mut store = Store::new(Profile::Server);
    let good = flag("good", "1", 10, "a");
    let mut no_time = flag("no-time", "2", 10, "a");
    no_time.as_object_mut().unwrap().remove("updatedAt");
    let mut odd_time = flag("odd-time", "3", 10, "a");
    odd_time["updatedAt"] = "yesterday".into();
    let mut odd_rules = flag("odd-rules", "4", 10, "a");
    odd_rules["rules"] = 5.into();
    let bad = [Value::Null, json!(7), json!({"id": "x"}), no_time, odd_time];
    let flags: Vec<Value> = bad.iter().cloned().chain([odd_rules.clone(), good]).collect();
    let applied = apply(&mut store, &message("full", &flags, &[json!(1), json!({"id": 5})]));
    assert_eq!(applied.ignored.count(), bad.len() + 3, "{:?}", applied.ignored);
    assert_eq!(store.ruleset().len(), 1, "odd-rules is left out by the compiler, which says so");
    assert_eq!(store.ruleset().diagnostics().count(), 1);
    assert_eq!(store.flag_version("odd-rules"), None);

    // In a patch, a flag that cannot be read keeps its former state.
    let mut broken = flag("good", "1", 20, "b");
    broken["rules"] = 5.into();
    let applied = apply(&mut store, &message("patch", &[broken], &[]));
    assert_eq!((applied.is_changed, applied.ignored.count()), (false, 1));
    assert_eq!(value(&store, "good").as_deref(), Some("a"));
    assert_eq!(store.cursor(), 10);
    let applied = apply(&mut store, &message("patch", &[flag("good", "1", 20, "c")], &[]));
    assert!(applied.is_changed && applied.ignored.count() == 0);
    assert_eq!(value(&store, "good").as_deref(), Some("c"));
}

#[test]
fn of_many_unreadable_entities_the_first_reasons_are_kept() {
    for event in ["full", "patch"] {
        let mut store = Store::new(Profile::Server);
        let flags = vec![json!(1); 150];
        let applied = apply(&mut store, &message(event, &flags, &[json!({}), json!([])]));
        assert_eq!(applied.ignored.count(), 152, "{event}");
        let texts: Vec<String> = applied.ignored.into_texts().collect();
        assert_eq!(texts.len(), 101, "{event}");
        assert_eq!(texts[0], "flag 1: it is no object", "{event}");
        assert_eq!(texts[100], "52 further flags and segments cannot be read", "{event}");
    }
}

#[test]
fn a_flag_with_a_known_id_and_another_key_replaces_the_former_one() {
    let mut store = Store::new(Profile::Server);
    apply(
        &mut store,
        &message("full", &[flag("old", "1", 10, "a"), flag("other", "2", 10, "b")], &[]),
    );
    apply(&mut store, &message("patch", &[flag("new", "1", 20, "c")], &[]));
    assert_eq!(value(&store, "old"), None);
    assert_eq!(value(&store, "new").as_deref(), Some("c"));
    // The former key may be used again by another flag.
    apply(&mut store, &message("patch", &[flag("old", "3", 30, "d")], &[]));
    assert_eq!(value(&store, "old").as_deref(), Some("d"));
    assert_eq!(value(&store, "new").as_deref(), Some("c"));
    apply(&mut store, &message("patch", &[archived(flag("new", "1", 40, "e"))], &[]));
    assert_eq!((value(&store, "new"), store.ruleset().len()), (None, 2));
}

#[test]
fn an_older_record_under_the_former_key_changes_nothing() {
    let mut store = Store::new(Profile::Server);
    apply(&mut store, &message("full", &[flag("new", "1", 20, "a")], &[]));
    for version in [10, 20] {
        let applied = apply(&mut store, &message("patch", &[flag("old", "1", version, "b")], &[]));
        assert!(!applied.is_changed && store.flag_version("old").is_none(), "{version}");
        assert_eq!(value(&store, "new").as_deref(), Some("a"), "{version}");
    }
}

#[test]
fn a_patch_may_free_a_key_for_another_flag() {
    let mut store = Store::new(Profile::Server);
    apply(&mut store, &message("full", &[flag("a", "1", 10, "x")], &[]));
    let renamed = [flag("b", "1", 20, "x"), flag("a", "2", 5, "y")];
    apply(&mut store, &message("patch", &renamed, &[]));
    assert_eq!(value(&store, "a").as_deref(), Some("y"));
    assert_eq!(value(&store, "b").as_deref(), Some("x"));
}

#[test]
fn the_last_flag_of_a_key_counts_in_a_full_message() {
    let (first, last) = (flag("a", "1", 20, "first"), flag("a", "2", 10, "last"));
    for (last, expected) in [(last.clone(), Some("last")), (archived(last), None)] {
        let mut store = Store::new(Profile::Server);
        apply(&mut store, &message("full", &[first.clone(), last], &[]));
        assert_eq!((value(&store, "a").as_deref(), store.cursor()), (expected, 10));
        assert_eq!(store.is_archived("a"), expected.is_none());
    }
}

#[test]
fn many_changes_give_the_same_flags_as_single_ones() {
    for count in [MANY_CHANGES, MANY_CHANGES + 1, 3 * MANY_CHANGES] {
        let full: Vec<Value> =
            (0..40).map(|n| flag(&format!("f{n}"), &n.to_string(), 10, "old")).collect();
        let segment = json!({"id": "s", "updatedAt": "2024-01-01T00:00:00Z", "included": ["bob"], "excluded": [], "rules": []});
        let mut patch: Vec<Value> = (0..count)
            .map(|n| flag(&format!("f{}", n + 10), &(n + 10).to_string(), 20, "new"))
            .collect();
        patch.push(archived(flag("f0", "0", 20, "gone")));
        patch.push(flag("renamed", "1", 20, "new"));
        patch.push(flag("f2", "2", 5, "older"));
        // One that no ruleset has.
        let archived_segment =
            json!({"id": "t", "updatedAt": "2024-01-01T00:00:00Z", "isArchived": true});
        let segments = [segment, archived_segment];
        let (mut together, mut single) = (Store::new(Profile::Draft), Store::new(Profile::Draft));
        for store in [&mut together, &mut single] {
            apply(store, &message("full", &full, &segments));
        }
        apply(&mut together, &message("patch", &patch, &[]));
        for change in &patch {
            apply(&mut single, &message("patch", std::slice::from_ref(change), &[]));
        }
        let values = |store: &Store| {
            let keys = store.ruleset().iter().map(|feature| feature.key().to_string());
            let mut values: Vec<_> = keys.map(|key| (value(store, &key), key)).collect();
            values.sort();
            values
        };
        assert_eq!(values(&together), values(&single), "{count}");
        let segments = |store: &Store| -> Vec<(String, String)> {
            let all = compiled_segments(store.ruleset());
            all.map(|(id, json)| (id.to_string(), json.to_string())).collect()
        };
        assert_eq!(segments(&together).len(), 1);
        assert_eq!(segments(&together), segments(&single));
        assert_eq!(together.cursor(), single.cursor());
        assert_eq!(value(&together, "f0"), None);
        assert_eq!(value(&together, "f1"), None);
    }
}

#[test]
fn a_changed_segment_changes_the_flags_that_name_it() {
    let mut store = Store::new(Profile::Server);
    let mut named = flag("beta", "1", 10, "others");
    named["variations"] = json!([{"id": "v", "value": "others"}, {"id": "w", "value": "members"}]);
    named["rules"] = json!([{"name": "r", "conditions": [{"property": "User is in segment", "op": null, "value": "[\"s\"]"}],
        "variations": [{"id": "w", "rollout": [0, 1], "exptRollout": 1}]}]);
    let segment = |version: &str, included: &[&str]| json!({"id": "s", "updatedAt": version, "included": included, "excluded": [], "rules": []});
    apply(&mut store, &message("full", &[named], &[segment("2024-01-01T00:00:00Z", &[])]));
    assert_eq!(value(&store, "beta").as_deref(), Some("others"));
    let applied =
        apply(&mut store, &message("patch", &[], &[segment("2024-01-02T00:00:00Z", &["bob"])]));
    assert!(applied.is_changed);
    assert_eq!(value(&store, "beta").as_deref(), Some("members"));
    let applied =
        apply(&mut store, &message("patch", &[], &[segment("2024-01-02T00:00:00Z", &[])]));
    assert!(!applied.is_changed, "an equal version is ignored");
    assert_eq!(value(&store, "beta").as_deref(), Some("members"));
}

#[test]
fn notices_of_flags_and_segments_with_wrong_types_show_no_users() {
    let segment = json!({"id": "s", "updatedAt": "2024-01-02T00:00:00Z", "included": ["bob", 1]});
    let mut broken = flag("a", "1", 20, "x");
    broken["targetUsers"] = json!([{"keyIds": ["bob", 1], "variationId": "v"}]);
    for (event, count) in [("full", 1), ("patch", 2)] {
        let mut store = Store::new(Profile::Server);
        let message = message(event, std::slice::from_ref(&broken), std::slice::from_ref(&segment));
        let texts: Vec<String> = apply(&mut store, &message).ignored.into_texts().collect();
        assert_eq!(texts.len(), count, "{texts:?}");
        assert!(!texts.concat().contains("bob"), "{texts:?}");
        let shown = if event == "full" { "2 flags or segments" } else { "flag a, targetUsers" };
        assert!(texts.concat().contains(shown), "{texts:?}");
    }
}
