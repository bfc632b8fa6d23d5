//! Insights: what a server of FeatBit receives about reads and metrics.

use std::time::Duration;

use fh_client::{Client, Interceptor, LockPolicy, Value, featbit};
use fh_test_servers::featbit::{Route, ScriptedAnswer, TestServer, sample};
use serde_json::{Value as Json, json};

use super::{builder, settings};
use crate::support::{PATIENCE, quick, soon, started, transport};

fn server() -> TestServer {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::boolean_flag("on", true)).unwrap();
    environment.put_flag(&sample::string_flag("colour", "red")).unwrap();
    server
}

/// Returns the events that the server has received.
fn received(server: &TestServer) -> Vec<Json> {
    let record = server.record();
    let bodies = record.insights.iter().filter(|insight| insight.status == Some(200));
    let lists = bodies.map(|insight| serde_json::from_str::<Vec<Json>>(&insight.body).unwrap());
    lists.flatten().collect()
}

#[test]
fn reads_that_count_are_one_event_each_and_others_are_none() {
    let server = server();
    let client = started(builder(&server));
    let bob =
        client.context().user_key("bob").attribute("name", "Bob").attribute("plan", "pro").build();
    assert!(bob.is_enabled("on") && bob.is_enabled("on"));
    assert_eq!(bob.string("colour").as_deref(), Some("red"));
    // None of these is a use, or none has a value.
    assert_eq!(bob.number("colour"), None);
    assert!(!bob.is_enabled("missing"));
    let _ = (bob.peek("on"), bob.values(), bob.explain("on"), bob.exists("on"));
    let _ = client.is_enabled("on");
    bob.track("checkout", 12.5).unwrap();
    client.flush(PATIENCE).unwrap();
    let mut events = received(&server);
    for event in &mut events {
        for list in ["variations", "metrics"] {
            if let Some(entry) = event.pointer_mut(&format!("/{list}/0")) {
                assert!(entry["timestamp"].as_i64().unwrap() > 1_700_000_000_000);
                entry["timestamp"] = 0.into();
            }
        }
    }
    let user = json!({"keyId": "bob", "name": "Bob", "customizedProperties": [{"name": "plan", "value": "pro"}]});
    let evaluation = |flag: &str, value: &str| {
        json!({"user": user, "variations": [{"featureFlagKey": flag, "variation": {"id": "v0", "value": value},
            "sendToExperiment": true, "timestamp": 0}]})
    };
    let metric = json!({"user": user, "metrics": [{"route": "index/metric", "type": "CustomEvent", "eventName": "checkout",
        "numericValue": 12.5, "appType": "fh-client", "timestamp": 0}]});
    assert_eq!(
        events,
        [evaluation("on", "true"), evaluation("on", "true"), evaluation("colour", "red"), metric]
    );
    let counters = client.status().insights.unwrap();
    assert_eq!((counters.sent, counters.dropped, counters.refused, counters.waiting), (4, 0, 0, 0));
}

struct Overrides;

impl Interceptor for Overrides {
    fn name(&self) -> &str {
        "overrides"
    }

    fn intercept(&self, read: &fh_client::InterceptedRead<'_>) -> fh_client::Flow {
        match read.key {
            "on" => fh_client::Flow::Override(Some(Value::Bool(false))),
            _ => fh_client::Flow::Continue,
        }
    }
}

#[test]
fn overrides_and_clients_without_insights_report_nothing() {
    let server = server();
    let overridden = started(builder(&server).interceptor(Overrides, LockPolicy::Override));
    let silent = Client::featbit(settings(&server).insights(false)).transport(transport());
    let silent = started(silent.configure(quick));
    for client in [&overridden, &silent] {
        let bob = client.context().user_key("bob").build();
        let _ = bob.is_enabled("on");
        client.flush(PATIENCE).unwrap();
    }
    assert!(received(&server).is_empty());
    assert_eq!(silent.status().insights, None);
    silent.context().user_key("bob").build().track("checkout", 1.0).unwrap();
}

#[test]
fn metrics_that_the_server_would_refuse_are_errors() {
    use featbit::TrackError::{Event, OtherSystem, UserKey, Value};
    let server = server();
    let client = started(builder(&server));
    let (bob, nobody) = (client.context().user_key("bob").build(), client.context().build());
    assert_eq!(bob.track(" ", 1.0), Err(Event));
    assert_eq!(nobody.track("checkout", 1.0), Err(UserKey));
    for value in [f64::INFINITY, 1e300, -3.5e38] {
        assert_eq!(bob.track("checkout", value), Err(Value(value)));
    }
    assert!(matches!(bob.track("checkout", f64::NAN), Err(Value(_))));
    let edge = Client::offline().start().unwrap();
    assert_eq!(edge.context().user_key("bob").build().track("checkout", 1.0), Err(OtherSystem));
}

/// The delays and the other statuses are tested with the sender alone.
#[test]
fn a_failed_delivery_is_repeated_and_a_refused_one_dropped() {
    let server = server();
    let client = started(builder(&server));
    let bob = client.context().user_key("bob").build();
    let status = ScriptedAnswer::status;
    for (answers, expected) in [
        (vec![status(500)], (1, 0, 0)),
        (vec![status(429)], (2, 0, 0)),
        (vec![status(400), status(400)], (2, 1, 0)),
        (vec![status(401)], (2, 1, 1)),
    ] {
        server.script(Route::Track, answers);
        assert!(bob.is_enabled("on"));
        client.flush(PATIENCE).unwrap();
        let counters = client.status().insights.unwrap();
        assert_eq!((counters.sent, counters.dropped, counters.refused), expected);
        assert_eq!(counters.waiting, 0);
    }
    assert_eq!(received(&server).len(), 2);
    let record = server.record();
    let agents = record.insights.iter().map(|insight| insight.header("user-agent"));
    assert!(
        agents.into_iter().all(|agent| agent.is_some_and(|text| text.starts_with("fh-client/")))
    );
}

/// Events make a request when there are 50.
#[test]
fn the_last_events_are_sent_at_each_end_that_waits() {
    type Ends = fn(&Client);
    let ends: [(&str, Ends); 3] = [
        ("wait_closed", |client| assert!(client.wait_closed(PATIENCE))),
        ("closed", |client| {
            client.close();
            soon(client.closed());
        }),
        ("flush", |client| client.flush(PATIENCE).unwrap()),
    ];
    for (name, end) in ends {
        for events in [20, 120] {
            let server = server();
            let client = started(builder(&server));
            let bob = client.context().user_key("bob").build();
            for _ in 0..events {
                assert!(bob.is_enabled("on"));
            }
            end(&client);
            assert_eq!(received(&server).len(), events, "{name}");
            assert_eq!(client.status().insights.unwrap().sent, events as u64, "{name}");
        }
    }
}

#[test]
fn a_server_that_hangs_delays_no_read_and_a_full_queue_drops_the_newest() {
    let server = server();
    server.script(Route::Track, vec![ScriptedAnswer::Hang; 50]);
    let client = started(builder(&server));
    let bob = client.context().user_key("bob").build();
    for _ in 0..10_100 {
        assert!(bob.is_enabled("on"));
    }
    let counters = client.status().insights.unwrap();
    assert_eq!(counters.dropped + counters.waiting + counters.sent, 10_100);
    assert!(counters.dropped >= 50, "{counters:?}");
    for _ in 0..20 {
        assert!(client.flush(Duration::from_millis(10)).is_err());
    }
}
