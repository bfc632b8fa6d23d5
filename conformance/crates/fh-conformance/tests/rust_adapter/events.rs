//! Listeners of each kind, their actions, catch & release, and readers.

use std::time::Duration;

use fh_conformance::adapter::Observed;
use fh_conformance::protocol::{Event, SdkReadiness};
use fh_conformance::served_value;
use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{Behaviour, Feature};
use serde_json::json;

use crate::Driver;

#[test]
fn listeners_of_each_kind() {
    let mut driver = Driver::ready(json!({}));
    for on in ["readiness", "raw", "new_state"] {
        driver.ask("listen", json!({ "listener": on, "on": on }));
    }
    let gold = json!({ "plan": ["gold"] });
    let listen = json!({ "listener": "gold", "on": "feature", "feature": "F", "context": gold });
    driver.ask("listen", listen);
    assert_eq!(driver.calls("readiness", 1)[0].readiness, Some(SdkReadiness::Ready));

    driver.edge.set_value("F", "two");
    let raw = driver.calls("raw", 1).remove(0);
    assert_eq!((raw.kind.as_deref(), raw.source.as_deref()), (Some("feature"), Some("streaming")));
    assert_eq!(raw.features.unwrap()["F"], 2);
    assert_eq!(driver.calls("new_state", 1)[0].held, Some(false));
    assert_eq!(driver.calls("gold", 1)[0].value, Some(json!("two")));

    driver.edge.replace_all([Feature::string("G", "new"), Feature::string("F", "two").version(3)]);
    driver.edge.delete_feature("G");
    driver.edge.delete_feature("F");
    let gone = driver.calls("gold", 2).remove(1);
    assert_eq!((gone.exists, gone.value), (Some(false), None));
    let deleted = driver.until_call("raw", |call| call.kind.as_deref() == Some("delete_feature"));
    assert!(deleted.features.as_ref().unwrap().contains_key("G"), "{deleted:?}");

    driver.ask("close", json!({}));
    let last = driver.calls("readiness", 2).pop().unwrap();
    assert_eq!(last.readiness, Some(SdkReadiness::Closed));
    let times: Vec<f64> = driver.calls_so_far("readiness").iter().map(|call| call.t_ms).collect();
    assert!(times.is_sorted(), "{times:?}");
}

#[test]
fn actions_of_listeners() {
    let mut driver = Driver::start();
    driver.edge.set_feature(Feature::boolean("G", true));
    driver.create(json!({}));
    driver.ask("wait", json!({ "timeout_ms": 10_000 }));
    driver.ask("listen", json!({ "listener": "usage", "on": "usage" }));
    let actions = json!([
        { "do": "unlisten", "listener": "first" },
        { "do": "listen", "listener": "second", "feature": "F" },
        { "do": "read", "feature": "G", "type": "BOOLEAN" },
        { "do": "evaluate", "feature": "F", "type": "STRING", "context": { "userkey": ["fred"] } },
        { "do": "sleep", "ms": 1 },
        { "do": "throw" },
        { "do": "close" },
    ]);
    let listen = |name: &str, then| json!({ "listener": name, "on": "feature", "feature": "F", "then": then });
    driver.ask("listen", listen("first", actions));
    driver.ask("listen", listen("other", json!([])));

    driver.edge.set_value("F", "two");
    let call = driver.calls("first", 1).remove(0);
    assert_eq!(call.reads["G"], true);
    // One use by the read, one by the evaluation with its context.
    driver.until_call("usage", |call| call.feature.as_deref() == Some("G"));
    driver.until_call("usage", |call| call.user_key.as_deref() == Some("fred"));
    driver.calls("other", 1);
    assert_eq!(driver.ask("state", json!({}))["readiness"], "READY", "actions after a throw");

    driver.edge.set_value("F", "three");
    driver.calls("second", 1);
    driver.calls("other", 2);
    assert_eq!(driver.calls_so_far("first").len(), 1);
    assert!(!driver.adapter.log().contains("panicked"), "{}", driver.adapter.log());

    driver.ask("unlisten", json!({ "listener": "other" }));
    driver.ask("unlisten", json!({ "listener": "other" }));
    driver.ask("listen", listen("closer", json!([{ "do": "close" }])));
    driver.edge.set_value("F", "four");
    driver.calls("closer", 1);
    driver.calls("second", 2);
    driver.until_readiness("CLOSED");
    assert_eq!(driver.calls_so_far("other").len(), 2);
}

#[test]
fn a_listener_that_is_called_at_once_can_remove_itself() {
    let mut driver = Driver::ready(json!({}));
    let then = json!([{ "do": "unlisten", "listener": "l" }]);
    driver.ask("listen", json!({ "listener": "l", "on": "readiness", "then": then }));
    driver.ask("listen", json!({ "listener": "other", "on": "readiness" }));
    driver.calls("l", 1);
    driver.ask("close", json!({}));
    driver.calls("other", 2);
    assert_eq!(driver.calls_so_far("l").len(), 1);
}

#[test]
fn updates_are_held_until_they_are_released() {
    for is_first in [true, false] {
        let mut driver = Driver::start();
        driver.edge.set_feature(Feature::string("G", "one"));
        driver.create(json!({ "catch": is_first }));
        driver.ask("wait", json!({ "timeout_ms": 10_000 }));
        if !is_first {
            driver.ask("catch", json!({ "on": true }));
        }
        driver.ask("listen", json!({ "listener": "n", "on": "new_state" }));
        driver.edge.set_value("F", "two");
        driver.edge.set_value("G", "two");
        let held = driver.calls("n", 2);
        assert!(held.iter().all(|call| call.held == Some(true)), "{held:?}");
        driver.until_f("one");
        driver.ask("release", json!({ "features": ["F"] }));
        driver.until_f("two");
        let read = json!({ "feature": "G", "type": "STRING" });
        assert_eq!(driver.read(read.clone())["value"], "one");
        driver.ask("release", json!({}));
        assert_eq!(driver.read(read)["value"], "two");
        driver.edge.set_value("F", "three");
        driver.calls("n", 3);
        driver.until_f("two");
        driver.ask("catch", json!({ "on": false }));
        driver.until_f("three");
    }
}

#[test]
fn readers_report_what_was_never_served() {
    let mut driver = Driver::start();
    driver.edge.set_feature(Feature::string("STATE", &served_value::value(5)));
    driver.create(json!({ "readers": 2 }));
    driver.ask("wait", json!({ "timeout_ms": 10_000 }));
    driver.edge.set_value("STATE", served_value::value(6));
    driver.ask("listen", json!({ "listener": "l", "on": "feature", "feature": "STATE" }));
    driver.edge.set_value("STATE", served_value::value(7));
    driver.calls("l", 1);
    let wrong = |events: &[Observed]| {
        events.iter().find_map(|observed| match &observed.event {
            Event::Wrong { client, message } if client == "c" => Some(message.clone()),
            _ => None,
        })
    };
    assert_eq!(wrong(driver.adapter.events()), None);
    // Each value is older than the one before it. A reader that rests may miss some of them.
    let look = Duration::from_millis(10);
    let message = (0..2000).rev().find_map(|n| {
        driver.edge.set_value("STATE", served_value::value(n));
        driver.adapter.wait_for_events(look, wrong)
    });
    assert!(message.as_ref().is_some_and(|text| text.contains("came after value")), "{message:?}");

    let mut driver = Driver::start();
    driver.edge.set_feature(Feature::string("STATE", "7:another"));
    driver.create(json!({ "readers": 1 }));
    let message = driver.adapter.wait_for_events(PATIENCE, wrong).unwrap();
    assert!(message.contains("was never served"), "{message}");
    driver.ask("close", json!({}));
}

#[test]
fn a_failure_is_told_with_its_problem() {
    let mut driver = Driver::start();
    driver.edge.behave(Behaviour::status(404));
    driver.create(json!({ "refused": { "initial_ms": 60_000, "max_ms": 60_000 } }));
    assert_eq!(driver.ask("wait", json!({ "timeout_ms": 10_000 }))["readiness"], "FAILED");
    let state = driver.ask("state", json!({}));
    assert!(state["problem"].as_str().unwrap().contains("404"), "{state}");
    driver.edge.behave(Behaviour::healthy());
    assert_eq!(driver.ask("refresh", json!({ "timeout_ms": 10_000 }))["readiness"], "READY");
    assert_eq!(driver.ask("state", json!({})).get("problem"), None);
}
