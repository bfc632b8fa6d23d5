//! Tests of the healthy Edge for what the scenarios for servers do not reach: heartbeats, ages, replaced lists, pages of other origins, and races.
use std::time::{Duration, Instant};

use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{Behaviour, Closing, FakeEdge, Feature, Framing, Route};
use serde_json::json;

use crate::client::{Client, End};
use crate::featurehub::event_stream::stream;

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("TEXT", "one").id("9f43217c-c501-4713-b2ac-456d45088db4"));
    edge
}

/// Opens a stream and reads its first two events.
fn opened(edge: &FakeEdge, key: &str) -> Client {
    let mut client = stream(edge, key);
    assert_eq!(client.head().unwrap().status, 200);
    assert_eq!(client.event().unwrap(), "event: ack\ndata: {\"status\":\"discover\"}");
    assert!(client.event().unwrap().starts_with("event: features\nid: "));
    client
}

#[test]
fn bye_heartbeats_and_age() {
    let edge = edge();
    edge.heartbeat(Some(Duration::from_millis(5)));
    let mut client = opened(&edge, &edge.client_key());
    for _ in 0..2 {
        assert_eq!(client.event().unwrap(), "event: ack\ndata: \"\u{2764}\u{fe0f}\"");
    }
    edge.heartbeat(None);
    edge.drop_after(Some(Duration::from_millis(5)));
    let mut dropped = opened(&edge, &edge.client_key());
    assert_eq!(dropped.event_json(), ("bye".to_owned(), json!({"status": "closed"})));
    assert_eq!(dropped.event(), None);
    assert_eq!(dropped.rest(), (Vec::new(), End::Fin));
    edge.bye();
    while client.event().unwrap() != "event: bye\ndata: {\"status\":\"closed\"}" {}
    assert_eq!(client.event(), None);
    assert_eq!(client.rest(), (Vec::new(), End::Fin));
    edge.wait_until(PATIENCE, |seen| seen.in_flight(Route::Stream) == 0).unwrap();
}

/// Updates do not delay heartbeats.
#[test]
fn a_busy_stream_has_heartbeats() {
    let edge = edge();
    edge.heartbeat(Some(Duration::from_millis(20)));
    let mut client = opened(&edge, &edge.client_key());
    let end = Instant::now() + PATIENCE;
    loop {
        edge.push_event("busy", "1");
        if client.event().unwrap() == "event: ack\ndata: \"\u{2764}\u{fe0f}\"" {
            break;
        }
        assert!(Instant::now() < end, "no heartbeat");
    }
}

#[test]
fn no_update_between_list_and_registration_is_lost() {
    let edge = edge();
    let handle = edge.handle();
    let writer = std::thread::spawn(move || {
        for n in 0..2_000 {
            handle.set_value("TEXT", n);
        }
    });
    let mut last = Vec::new();
    for _ in 0..20 {
        let mut client = stream(&edge, &edge.client_key());
        client.head().unwrap();
        client.event().unwrap();
        let (_, list) = client.event_json();
        last.push((client, list[0]["version"].as_u64().unwrap()));
    }
    writer.join().unwrap();
    for (mut client, mut version) in last {
        while version < 2_001 {
            let next = client.event_json().1["version"].as_u64().unwrap();
            assert_eq!(next, version + 1);
            version = next;
        }
    }
}

#[test]
fn pages_of_other_origins_may_read_scripted_answers() {
    let edge = edge();
    let origin = ("origin", "http://shop.example");
    let mut client = Client::connect(edge.address());
    let target = format!("/features?apiKey={}", edge.client_key());
    edge.behave(Behaviour::status(503));
    let answer = client.get(&target, &[origin]);
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (503, Some("*")));
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("etag,cache-control,retry-after,date")
    );
    let other = client.get(&target, &[]);
    assert_eq!((other.status, other.header("access-control-allow-origin")), (503, None));
    // A preflight gets a status of its own: the filter of an Edge answers it.
    client.request("OPTIONS", &target, &[origin], b"");
    let preflight = client.answer();
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-max-age"), Some("86400"));
    // It does not wait for the answer of the route.
    edge.behave(Behaviour::new().wait_for_signal("late").head(503, Framing::Length));
    client.request("OPTIONS", &target, &[origin], b"");
    assert_eq!(client.answer().status, 200);
    let own = Behaviour::status(200).header("access-control-allow-origin", "null");
    edge.behave_on(Route::Poll, own);
    let own = client.get(&target, &[origin]);
    assert_eq!(own.header("access-control-allow-origin"), Some("null"));
    // A script for other requests also answers preflights, and what breaks connections breaks those of preflights.
    edge.behave_on(Route::Other, Behaviour::status(403));
    client.request("OPTIONS", &target, &[origin], b"");
    assert_eq!(client.answer().status, 403);
    edge.behave(Behaviour::new().close(Closing::Rst));
    client.request("OPTIONS", &target, &[origin], b"");
    assert_eq!(client.until("x"), Err(End::Rst));
}

#[test]
fn replacing_all_features_pushes_the_differences() {
    let edge = edge();
    edge.set_feature(Feature::boolean("STAYS", true));
    let mut client = opened(&edge, &edge.client_key());
    edge.replace_all([Feature::boolean("STAYS", true), Feature::boolean("COMES", true)]);
    let (name, state) = client.event_json();
    assert_eq!((name.as_str(), &state["key"]), ("delete_feature", &json!("TEXT")));
    let (name, state) = client.event_json();
    assert_eq!((name.as_str(), &state["key"]), ("feature", &json!("COMES")));
    edge.push_event("wibble", "last");
    assert_eq!(client.event().unwrap(), "event: wibble\ndata: last");
}
