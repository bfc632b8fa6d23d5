//! Reads: getters, defaults, contexts, details, and interceptors.

use fh_conformance::adapter::Observed;
use fh_conformance::protocol::{Called, Event};
use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::Feature;
use serde_json::{Value, json};

use crate::Driver;

/// A client with one feature of each type.
fn with_features() -> Driver {
    let mut driver = Driver::start();
    let edge = &driver.edge;
    edge.set_feature(Feature::boolean("ON", true));
    edge.set_feature(Feature::string("S", "text").locked().version(7));
    edge.set_feature(Feature::json_text("J", r#"{"a": 1}"#));
    edge.set_feature(Feature::without_value("NONE", "STRING"));
    edge.set_feature(Feature::number("N", 17.5).properties(json!({ "owner": "team" })));
    edge.set_feature(json!({ "id": "b", "key": "BIG", "l": false, "version": 1, "type": "NUMBER", "value": 9_007_199_254_740_993_u64 }));
    edge.set_feature(Feature::string("R", "everyone").strategies(json!([{
        "id": "s1", "value": "gold",
        "attributes": [{ "fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"] }],
    }])));
    driver.create(json!({}));
    driver.ask("wait", json!({ "timeout_ms": 10_000 }));
    driver
}

#[test]
fn getters_tell_what_the_client_tells() {
    let mut driver = with_features();
    for (read, expected) in [
        (
            json!({ "feature": "ON", "type": "BOOLEAN" }),
            json!({ "value": true, "text": "true", "is_set": true, "exists": true, "locked": false, "version": 1, "type": "BOOLEAN", "reason": "STATIC" }),
        ),
        (
            json!({ "feature": "S", "type": "STRING" }),
            json!({ "value": "text", "text": "text", "locked": true, "version": 7, "type": "STRING" }),
        ),
        (
            json!({ "feature": "J", "type": "JSON" }),
            json!({ "value": "{\"a\": 1}", "type": "JSON" }),
        ),
        (
            json!({ "feature": "N", "type": "NUMBER" }),
            json!({ "value": 17.5, "text": "17.5", "properties": { "owner": "team" } }),
        ),
        (
            json!({ "feature": "BIG", "type": "NUMBER" }),
            json!({ "value": 9_007_199_254_740_993_u64, "text": "9007199254740993" }),
        ),
        (
            json!({ "feature": "S", "type": "NUMBER" }),
            json!({ "value": null, "is_set": true, "reason": "TYPE_MISMATCH", "type": "STRING" }),
        ),
        (
            json!({ "feature": "S", "type": "BOOLEAN", "default": true }),
            json!({ "value": true, "reason": "TYPE_MISMATCH" }),
        ),
        (
            json!({ "feature": "NONE", "type": "STRING" }),
            json!({ "value": null, "is_set": false, "exists": true, "reason": "NOT_SET" }),
        ),
        (
            json!({ "feature": "NONE", "type": "STRING", "default": "d" }),
            json!({ "value": "d", "text": "d", "is_set": false }),
        ),
        (
            json!({ "feature": "NO_SUCH", "type": "NUMBER", "default": 2.5 }),
            json!({ "value": 2.5, "text": "2.5", "exists": false, "reason": "NOT_FOUND" }),
        ),
        (json!({ "feature": "ON", "type": "BOOLEAN", "default": false }), json!({ "value": true })),
        (
            json!({ "feature": "R", "type": "STRING" }),
            json!({ "value": "everyone", "reason": "DEFAULT" }),
        ),
        (
            json!({ "feature": "R", "type": "STRING", "context": { "plan": ["gold"] } }),
            json!({ "value": "gold", "strategy_id": "s1", "reason": "STRATEGY_MATCH" }),
        ),
        (
            json!({ "feature": "R", "type": "STRING", "context": { "plan": ["lead"] } }),
            json!({ "value": "everyone", "reason": "DEFAULT" }),
        ),
    ] {
        let answer = driver.read(read.clone());
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&answer[name], value, "{name} of {read}: {answer}");
        }
        assert_eq!(answer["error"], Value::Null, "{read}: {answer}");
    }
    let missing = driver.read(json!({ "feature": "NO_SUCH", "type": "STRING" }));
    let names: Vec<&String> = missing.as_object().unwrap().keys().collect();
    assert!(!names.iter().any(|name| *name == "version" || *name == "strategy_id"), "{missing}");
}

#[test]
fn the_context_of_a_server_evaluated_key_is_the_clients() {
    let mut driver = Driver::start();
    driver.edge.evaluate_with(|context, features| {
        let user = context.get("userkey").map_or("nobody", |values| &values[0]).to_owned();
        let named = |mut feature: Value| {
            feature["value"] = json!(user);
            feature
        };
        features.into_iter().map(named).collect()
    });
    let fred = json!({ "userkey": ["fred"] });
    driver.create(json!({ "keys": [driver.edge.server_key()], "context": fred }));
    driver.ask("wait", json!({ "timeout_ms": 10_000 }));
    driver.until_f("fred");
    let mary = json!({ "attributes": { "userkey": ["mary"] }, "timeout_ms": 10_000 });
    assert_eq!(driver.ask("context", mary)["readiness"], "READY");
    driver.until_f("mary");
}

#[test]
fn each_read_is_one_use() {
    let mut driver = Driver::ready(json!({}));
    driver.ask("listen", json!({ "listener": "u", "on": "usage" }));
    let context = json!({ "userkey": ["fred"], "plan": ["gold", "new"] });
    driver.read(json!({ "feature": "F", "type": "STRING", "context": context }));
    driver.read(json!({ "feature": "F", "type": "BOOLEAN" }));
    let params = json!({ "amount": 7 });
    driver.ask("record", json!({ "name": "bought", "params": params, "context": context }));
    let is_use = |call: &Called| call.kind.as_deref() != Some("collection");
    driver.until_call("u", |call| call.kind.as_deref() == Some("bought"));
    let calls: Vec<Called> = driver.calls_so_far("u").into_iter().filter(is_use).collect();
    assert_eq!(calls.len(), 3, "{calls:?}");
    let read = &calls[0];
    assert_eq!((read.kind.as_deref(), read.feature.as_deref()), (Some("feature"), Some("F")));
    assert_eq!((&read.value, read.user_key.as_deref()), (&Some(json!("one")), Some("fred")));
    assert!(
        read.id.is_some()
            && read.environment.as_deref() == Some(fh_test_servers::featurehub::ENVIRONMENT)
    );
    assert_eq!(read.attributes.as_ref().unwrap()["plan"], ["gold", "new"]);
    assert_eq!((calls[1].kind.as_deref(), calls[1].user_key.as_deref()), (Some("feature"), None));
    let named = &calls[2];
    assert_eq!((named.kind.as_deref(), named.user_key.as_deref()), (Some("bought"), Some("fred")));
    assert_eq!(named.features.as_ref().unwrap()["F"], "one");
    assert_eq!(named.params.as_ref().unwrap()["amount"], 7);
}

#[test]
fn the_first_features_are_a_collection() {
    let mut driver = Driver::start();
    driver.edge.set_feature(Feature::json_text("J", "{}"));
    driver.edge.refuse();
    driver.create(json!({}));
    driver.ask("listen", json!({ "listener": "u", "on": "usage" }));
    driver.edge.listen_again().unwrap();
    let collection = driver.calls("u", 1).remove(0);
    assert_eq!(collection.kind.as_deref(), Some("collection"));
    let features = collection.features.unwrap();
    assert_eq!(features.get("F"), Some(&json!("one")));
    assert!(!features.contains_key("J"), "{features:?}");
}

#[test]
fn interceptors_override_throw_and_are_closed_once() {
    let mut driver = with_features();
    for interceptor in [
        json!({ "interceptor": "thrower", "throw": true }),
        json!({ "interceptor": "number", "feature": "N", "value": "42" }),
        json!({ "interceptor": "polite", "feature": "S", "value": "polite" }),
        json!({ "interceptor": "any", "feature": "S", "value": "any", "even_locked": true }),
        json!({ "interceptor": "missing", "feature": "NEW", "value": true }),
    ] {
        driver.ask("intercept", interceptor);
    }
    for (feature, kind, value, reason) in [
        ("F", "STRING", json!("one"), "STATIC"),
        ("N", "NUMBER", json!(42), "INTERCEPTED"),
        ("S", "STRING", json!("any"), "INTERCEPTED"),
        ("NEW", "BOOLEAN", json!(true), "INTERCEPTED"),
    ] {
        let answer = driver.read(json!({ "feature": feature, "type": kind }));
        assert_eq!((&answer["value"], &answer["reason"]), (&value, &json!(reason)), "{answer}");
    }
    driver.ask("close", json!({}));
    let closed = |events: &[Observed]| {
        let closed = events.iter().filter_map(|observed| match &observed.event {
            Event::Closed { client, interceptor } if client == "c" => Some(interceptor.clone()),
            _ => None,
        });
        let closed: Vec<String> = closed.collect();
        (closed.len() >= 5).then_some(closed)
    };
    let mut closed = driver.adapter.wait_for_events(PATIENCE, closed).unwrap();
    closed.sort();
    assert_eq!(closed, ["any", "missing", "number", "polite", "thrower"]);
    assert!(!driver.adapter.log().contains("panicked"), "{}", driver.adapter.log());
}
