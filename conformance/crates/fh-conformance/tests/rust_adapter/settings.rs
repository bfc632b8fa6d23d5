//! The settings of `create` on the wire, in files and in the log.

use std::time::Duration;

use fh_test::wait::{PATIENCE, wait_until};
use fh_test_servers::featurehub::{Behaviour, Route};
use serde_json::json;

use crate::{Driver, merged};

#[test]
fn settings_of_requests() {
    let mut driver = Driver::start();
    let key = driver.edge.server_key();
    let context = json!({ "userkey": ["fred"] });
    driver.create(json!({ "keys": [key], "headers": { "x-tenant": "blue" }, "context": context }));
    driver.ask("wait", json!({ "timeout_ms": 10_000 }));
    driver.ask("close", json!({}));
    let query = json!({ "keys": [key], "context": context, "context_in_query": true });
    driver.create(query);
    driver.ask("wait", json!({ "timeout_ms": 10_000 }));
    let seen = driver.edge.recording();
    let streams: Vec<_> = seen.of(Route::Stream).map(|seen| &seen.request).collect();
    assert_eq!(streams[0].header("x-tenant"), Some("blue"));
    assert_eq!(streams[0].header("x-featurehub"), Some("userkey=fred"));
    assert_eq!(streams[1].header("x-featurehub"), None);
    assert!(streams[1].target.contains("xfeaturehub="), "{}", streams[1].target);
}

#[test]
fn two_keys_in_one_poll() {
    let mut driver = Driver::start();
    let other = "0d8ad5ef-1a6a-4a4b-8a3c-5f3a2f0d7c11";
    driver
        .edge
        .environment(other)
        .set_feature(fh_test_servers::featurehub::Feature::boolean("G", true));
    let keys = [driver.edge.client_key(), format!("{other}/otherSecret*0123456789")];
    driver.create(json!({ "keys": keys, "mode": "poll" }));
    driver.ask("wait", json!({ "timeout_ms": 10_000 }));
    driver.until_f("one");
    assert_eq!(driver.read(json!({ "feature": "G", "type": "BOOLEAN" }))["value"], true);
}

#[test]
fn delays_follow_the_settings() {
    // The client's own first delay is at most a second.
    let retry = json!({ "initial_ms": 1600, "max_ms": 1600, "jitter": 0.0 });
    // The client's own delay after a refusal is at least thirty seconds.
    let refused = json!({ "initial_ms": 400, "max_ms": 400 });
    for (status, settings, least) in
        [(503, json!({ "retry": retry }), 1500), (404, json!({ "refused": refused }), 190)]
    {
        let mut driver = Driver::start();
        driver.edge.behave(Behaviour::status(status));
        driver.create(merged(json!({ "mode": "poll" }), settings));
        driver.edge.wait_for_requests(Route::Poll, 2, PATIENCE).unwrap();
        let gap = driver.edge.recording().gaps(Route::Poll)[0];
        assert!(gap >= Duration::from_millis(least), "{status}: {gap:?}");
    }
}

#[test]
fn the_pace_follows_the_first_delay() {
    let mut driver = Driver::start();
    driver.edge.behave_on(Route::Stream, Behaviour::sse().ack().features().bye());
    driver.create(json!({}));
    // With the client's own pace, two requests a second, these requests would take longer than the wait.
    driver.edge.wait_for_requests(Route::Stream, 60, PATIENCE).unwrap();
}

#[test]
fn limits_of_time_and_size() {
    for (settings, behaviour, problem) in [
        (json!({ "timeouts": { "head_ms": 100 } }), Behaviour::silence(), "in time"),
        (json!({ "timeouts": { "idle_ms": 100 } }), Behaviour::sse().hang(), "in time"),
        (
            json!({ "mode": "poll", "timeouts": { "poll_ms": 100 } }),
            Behaviour::silence(),
            "in time",
        ),
        (json!({ "max_bytes": 100 }), Behaviour::healthy(), "larger than 100 bytes"),
    ] {
        let mut driver = Driver::start();
        driver.edge.behave(behaviour);
        driver.create(settings.clone());
        driver.edge.wait_until(PATIENCE, |seen| seen.requests.len() >= 2).unwrap();
        let state = driver.ask("state", json!({}));
        let told = state["problem"].as_str().unwrap_or_default();
        assert!(told.contains(problem), "{settings}: {state}");
    }
}

#[test]
fn requests_that_reach_no_listener_are_counted() {
    let mut driver = Driver::start();
    driver.edge.refuse();
    driver.create(json!({}));
    wait_until("three attempts", || driver.ask("state", json!({}))["sent"].as_u64() >= Some(3));
    assert_eq!(driver.edge.recording().connections.len(), 0);
}

#[test]
fn a_store_serves_features_without_an_edge() {
    let folder = tempfile::tempdir().unwrap();
    for store in [folder.path().join("features"), folder.path().to_owned()] {
        let mut driver = Driver::start();
        driver.create(json!({ "store": store }));
        driver.ask("wait", json!({ "timeout_ms": 10_000 }));
        driver.ask("close", json!({}));
        driver.edge.kill();
        driver.create(json!({ "store": store }));
        driver.ask("wait", json!({ "timeout_ms": 10_000 }));
        let state = driver.ask("state", json!({}));
        assert_eq!((&state["readiness"], &state["stale"]), (&json!("READY"), &json!(true)));
        driver.until_f("one");
        driver.edge.listen_again().unwrap();
        driver.edge.set_value("F", "two");
        driver.until_f("two");
        assert_eq!(driver.ask("state", json!({}))["stale"], false);
    }
}

#[test]
fn the_log_goes_to_standard_error() {
    for debug in [true, false] {
        let mut driver = Driver::ready(json!({ "debug": debug }));
        driver.ask("close", json!({}));
        driver.adapter.end();
        let log = driver.adapter.log();
        assert_eq!(log.contains("fh_client"), debug, "{log}");
        assert!(!log.contains("clientSideSecret4test"), "{log}");
    }
}
