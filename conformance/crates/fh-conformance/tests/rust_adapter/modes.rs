//! A client's life in each mode: create, wait, read, listen, change, close, read again.

use std::time::{Duration, Instant};

use fh_conformance::adapter::ProcessEnd;
use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{Behaviour, Route};
use serde_json::json;

use crate::{Driver, adapter};

#[test]
fn hello_describes_the_client() {
    let mut adapter = adapter();
    let hello = adapter.hello().unwrap();
    assert_eq!((hello.protocol, hello.sdk.name.as_str()), (1, "fh-rust"));
    assert_eq!((hello.sdk.version.as_str(), hello.sdk.language.as_str()), ("0.1.0", "Rust"));
    assert!(!hello.sdk.runtime.is_empty());
    assert!(hello.has("transport.stream") && !hello.has("fork"));
    assert!(hello.cannot["stream.last_event_id"].contains("D-66"));
    let defaults = hello.defaults;
    assert_eq!((defaults.poll_ms, defaults.idle_ms), (Some(180_000), Some(90_000)));
    assert_eq!((defaults.retry_ms, defaults.retry_max_ms), (Some(1_000), Some(30_000)));
    assert_eq!(adapter.end(), ProcessEnd::Exited(Some(0)));
}

#[test]
fn each_mode_from_create_to_close() {
    for (mode, route) in [
        ("stream", Route::Stream),
        ("poll", Route::Poll),
        ("passive", Route::Poll),
        ("once", Route::Poll),
    ] {
        let mut driver = Driver::ready(json!({ "mode": mode }));
        driver.ask("listen", json!({ "listener": "l", "on": "feature", "feature": "F" }));
        driver.until_f("one");
        let state = driver.ask("state", json!({}));
        assert_eq!((&state["readiness"], &state["stale"]), (&json!("READY"), &json!(false)));
        assert!(state["sent"].as_u64() >= Some(1), "{mode}: {state}");
        assert!(driver.edge.recording().count(route) >= 1, "{mode}");

        driver.edge.set_value("F", "two");
        if mode == "once" {
            assert_eq!(driver.ask("refresh", json!({}))["readiness"], "READY");
        }
        driver.until_f("two");
        let call = driver.calls("l", 1).remove(0);
        assert_eq!((call.client.as_str(), call.feature.as_deref()), ("c", Some("F")), "{mode}");
        assert_eq!((call.value, call.exists), (Some(json!("two")), Some(true)), "{mode}");
        assert_eq!((call.locked, call.version), (Some(false), Some(2)), "{mode}");

        let updated = driver.ask("update", json!({ "feature": "F", "lock": true }));
        assert_eq!(updated["accepted"], true, "{mode}: {updated}");
        let locked = driver.edge.feature("F").unwrap();
        assert_eq!(locked["l"], true, "{mode}");
        let refused = driver.ask("update", json!({ "feature": "F", "value": "no" }));
        assert_eq!((&refused["accepted"], &refused["status"]), (&json!(false), &json!(412)));

        let took = driver.ask("close", json!({}))["took_ms"].clone();
        assert!(took.as_u64() < Some(1000), "{mode}: {took}");
        driver.ask("close", json!({}));
        driver.until_f("two");
        assert_eq!(driver.ask("state", json!({}))["readiness"], "CLOSED", "{mode}");
        assert_eq!(driver.ask("wait", json!({ "timeout_ms": 10 }))["readiness"], "CLOSED");
        if route == Route::Stream {
            driver.edge.wait_until(PATIENCE, |seen| seen.live_streams() == 0).unwrap();
        }
        let requests = driver.edge.recording().count(Route::Poll);
        let twenty_intervals = Duration::from_secs(1);
        let more = driver.edge.wait_for_requests(Route::Poll, requests + 1, twenty_intervals);
        assert!(more.is_err(), "{mode}: a request after the close");
        assert_eq!(driver.adapter.end(), ProcessEnd::Exited(Some(0)), "{mode}");
    }
}

#[test]
fn a_client_polls_only_as_its_mode_says() {
    for (mode, polls) in [("once", 1), ("passive", 1), ("poll", 5)] {
        let mut driver = Driver::ready(json!({ "mode": mode }));
        // Without more polls to wait for, twenty intervals must pass without one.
        let watch = if mode == "poll" { PATIENCE } else { Duration::from_secs(1) };
        let more = driver.edge.wait_for_requests(Route::Poll, polls + 1, watch);
        assert_eq!(more.is_ok(), mode == "poll", "{mode}");
        driver.ask("close", json!({}));
    }
}

#[test]
fn create_answers_within_a_second_whatever_the_edge_does() {
    for behaviour in [Behaviour::silence(), Behaviour::half_head()] {
        let mut driver = Driver::start();
        driver.edge.on_accept(Some(behaviour));
        let start = Instant::now();
        driver.create(json!({}));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        let answer = driver.ask("wait", json!({ "timeout_ms": 50 }));
        assert_eq!(answer["readiness"], "NOT_READY");
        assert_eq!(driver.read(json!({ "feature": "F", "type": "STRING" }))["exists"], false);
        driver.ask("close", json!({}));
    }
}

#[test]
fn clients_share_nothing() {
    let mut driver = Driver::ready(json!({}));
    let other = json!({ "client": "d", "edge_url": "http://127.0.0.1:1" });
    driver.create(other);
    assert_eq!(driver.ask("state", json!({ "client": "d" }))["readiness"], "NOT_READY");
    driver.ask("close", json!({ "client": "d" }));
    driver.edge.set_value("F", "two");
    driver.until_f("two");
}
