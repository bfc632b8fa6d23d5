//! Tests of `GET /features/{key}`.
use std::time::{Duration, Instant};

use fh_fake_edge::{Dialect, ENVIRONMENT, FakeEdge, Feature, Permission, Route};
use fh_test::wait::PATIENCE;
use serde_json::json;

use crate::client::{Client, End, stream};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("TEXT", "one").id("9f43217c-c501-4713-b2ac-456d45088db4"));
    edge
}

/// Opens a stream and reads its first two events.
fn opened(edge: &FakeEdge, key: &str) -> Client {
    let mut client = stream(edge, key);
    assert_eq!(client.head().status, 200);
    assert_eq!(client.event().unwrap(), "event: ack\ndata: {\"status\":\"discover\"}");
    assert!(client.event().unwrap().starts_with("event: features\nid: "));
    client
}

#[test]
fn the_beginning_of_a_stream() {
    let edge = edge();
    let mut client = stream(&edge, &edge.client_key());
    let head = client.head();
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    assert_eq!(head.header("x-accel-buffering"), Some("no"));
    assert_eq!(client.event_json(), ("ack".to_owned(), json!({"status": "discover"})));
    let event = client.event().unwrap();
    let lines: Vec<&str> = event.lines().collect();
    assert_eq!(lines[0], "event: features");
    let id = lines[1].strip_prefix("id: ").unwrap();
    assert!(!id.contains('"'));
    let list: serde_json::Value =
        serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(
        list,
        json!([{"id": "9f43217c-c501-4713-b2ac-456d45088db4", "key": "TEXT", "l": false,
                "version": 1, "type": "STRING", "value": "one", "strategies": []}])
    );
    // The id is the etag of a poll, without quotes.
    let target = format!("/features?apiKey={}", edge.client_key());
    let poll = Client::connect(&edge).get(&target, &[]);
    assert_eq!(poll.header("etag"), Some(format!("\"{id}\"").as_str()));
}

#[test]
fn every_change_is_pushed() {
    let edge = edge();
    let mut client = opened(&edge, &edge.client_key());
    assert_eq!(edge.set_value("TEXT", "two"), 2);
    let (name, state) = client.event_json();
    assert_eq!((name.as_str(), &state["value"]), ("feature", &json!("two")));
    assert_eq!(state["id"], json!("9f43217c-c501-4713-b2ac-456d45088db4"));
    assert_eq!(state["version"], json!(2));
    assert_eq!(edge.lock("TEXT"), Some(3));
    assert_eq!(client.event_json().1["l"], json!(true));
    assert_eq!(edge.unlock("TEXT"), Some(4));
    assert_eq!(client.event_json().1["l"], json!(false));
    assert_eq!(edge.retire("TEXT"), Some(5));
    let (name, state) = client.event_json();
    assert_eq!((name.as_str(), &state["version"]), ("delete_feature", &json!(5)));
    assert_eq!(edge.set_value("TEXT", "back"), 6);
    assert_eq!(client.event_json().0, "feature");
    assert!(edge.delete_feature("TEXT"));
    assert_eq!(
        client.event_json(),
        (
            "delete_feature".to_owned(),
            json!({"id": "9f43217c-c501-4713-b2ac-456d45088db4", "key": "TEXT", "l": false,
                   "version": 0, "type": "STRING"})
        )
    );
    assert!(!edge.delete_feature("TEXT"));
    assert_eq!(edge.set_value("NEW", 12), 1);
    assert_eq!(client.event_json().1["type"], json!("NUMBER"));
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

#[test]
fn a_rename_is_found_by_its_id() {
    let edge = edge();
    let mut client = opened(&edge, &edge.client_key());
    let renamed = Feature::string("TITLE", "one").id("9f43217c-c501-4713-b2ac-456d45088db4");
    edge.set_feature(renamed);
    assert_eq!(client.event_json().1["key"], json!("TITLE"));
    assert_eq!(edge.feature("TEXT"), None);
}

#[test]
fn withheld_changes_are_never_pushed() {
    let edge = edge();
    let mut client = opened(&edge, &edge.client_key());
    edge.withhold_updates();
    edge.set_value("TEXT", "lost");
    edge.push_updates();
    edge.set_value("TEXT", "seen");
    assert_eq!(client.event_json().1["value"], json!("seen"));
}

#[test]
fn updates_are_evaluated_for_the_context_of_the_stream() {
    let edge = edge();
    edge.evaluate_with(|context, mut features| {
        let who = context.get("userkey").and_then(|keys| keys.first()).cloned();
        for feature in &mut features {
            feature["value"] = json!(who);
        }
        features
    });
    let mut client = Client::connect(&edge);
    // The query replaces the header.
    let target = format!("/features/{}?xfeaturehub=userkey%3Djane%2520x", edge.server_key());
    client.request("GET", &target, &["x-featurehub: userkey=fred"], "");
    client.head();
    client.event().unwrap();
    let features = client.event().unwrap();
    assert!(features.contains("\"value\":\"jane x\""), "{features}");
    assert!(features.lines().nth(1).unwrap().contains("//"), "{features}");
    edge.lock("TEXT");
    let (_, state) = client.event_json();
    assert_eq!((&state["value"], &state["strategies"]), (&json!("jane x"), &json!(null)));
    let seen = edge.recording();
    assert_eq!(seen.requests[0].request.context().get("userkey").unwrap(), &["jane x"]);
}

#[test]
fn last_event_id() {
    let edge = edge();
    let target = format!("/features?apiKey={}", edge.client_key());
    let etag = Client::connect(&edge).get(&target, &[]).header("etag").unwrap().to_owned();
    let open = |id: &str| {
        let mut client = Client::connect(&edge);
        let target = format!("/features/{}", edge.client_key());
        client.request("GET", &target, &[&format!("Last-Event-ID: {id}")], "");
        client.head();
        edge.wait_until(PATIENCE, |seen| seen.live_streams() == 1).unwrap();
        edge.push_event("mark", "0");
        let mut names = Vec::new();
        loop {
            let event = client.event().unwrap();
            let name = event.lines().next().unwrap().strip_prefix("event: ").unwrap().to_owned();
            if name == "mark" {
                break;
            }
            names.push(name);
        }
        drop(client);
        edge.wait_until(PATIENCE, |seen| seen.open_connections() == 0).unwrap();
        names
    };
    assert_eq!(open(&etag), Vec::<String>::new());
    assert_eq!(open("\"0123456789abcdef0\""), ["features"]);
    assert_eq!(open("\"a;b\""), ["ack", "features"]);
    for dialect in [Dialect::Ours, Dialect::Upstream] {
        edge.dialect(dialect);
        assert_eq!(open(etag.trim_matches('"')), ["ack", "features"]);
    }
}

#[test]
fn unknown_keys_get_failure_and_malformed_ones_404() {
    let edge = edge();
    let mut client = stream(&edge, "00000000-0000-4000-8000-000000000000/x");
    assert_eq!(client.head().status, 200);
    assert_eq!(client.event_json().0, "ack");
    let (name, data) = client.event_json();
    assert_eq!(name, "failure");
    assert_eq!(data["status"], json!("Unrecognized API key. Please stop requesting."));
    assert_eq!(client.event(), None);
    assert_eq!(client.rest(), (Vec::new(), End::Fin));
    let mut client = stream(&edge, "nonsense/abc");
    assert_eq!(client.answer().status, 404);
    // The old form of a key begins with the name of a cache.
    opened(&edge, &format!("default/{ENVIRONMENT}/abc*"));
}

#[test]
fn bye_heartbeats_and_age() {
    let edge = edge();
    edge.heartbeat(Some(Duration::from_millis(5)));
    let mut client = opened(&edge, &edge.client_key());
    assert_eq!(client.event().unwrap(), "event: ack\ndata: \"\u{2764}\u{fe0f}\"");
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
fn properties_need_the_extended_data_permission() {
    let edge = edge();
    edge.allow(&edge.client_key(), &[Permission::Read]);
    let mut client = opened(&edge, &edge.client_key());
    let mut extended = opened(&edge, &format!("{ENVIRONMENT}/other*"));
    edge.set_feature(Feature::boolean("P", true).properties(json!({"a": "b"})));
    assert_eq!(client.event_json().1["fp"], json!(null));
    assert_eq!(extended.event_json().1["fp"], json!({"a": "b"}));
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
        client.head();
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
fn each_stream_gets_updates_of_its_own_environment_and_context() {
    let edge = edge();
    let other = edge.environment("11111111-2222-4333-8444-555555555555");
    other.set_feature(Feature::boolean("ELSEWHERE", true));
    edge.evaluate_with(|context, mut features| {
        for feature in &mut features {
            feature["value"] = json!(context.get("userkey"));
        }
        features
    });
    let mut clients: Vec<(Client, &str)> = Vec::new();
    for user in ["fred", "jane"] {
        let mut client = Client::connect(&edge);
        let target = format!("/features/{}", edge.server_key());
        client.request("GET", &target, &[&format!("x-featurehub: userkey={user}")], "");
        client.head();
        client.event().unwrap();
        client.event().unwrap();
        clients.push((client, user));
    }
    let mut elsewhere = opened(&edge, &format!("{}/secret*", other.id()));
    edge.lock("TEXT");
    other.set_value("ELSEWHERE", false);
    for (mut client, user) in clients {
        let (_, state) = client.event_json();
        assert_eq!((&state["key"], &state["value"]), (&json!("TEXT"), &json!([user])));
    }
    assert_eq!(elsewhere.event_json().1["key"], json!("ELSEWHERE"));
}
