//! Streams, against the recorded bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use fh_test::wait::PATIENCE;
use fh_test_servers::featuresignals::{Environment, StreamEnd, TestServer};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::featuresignals::data;
use crate::featuresignals::exchange::Connection;

#[derive(Deserialize)]
struct Bytes {
    raw: String,
}

#[derive(Deserialize)]
struct Conversation {
    streams: Vec<Stream>,
}

#[derive(Deserialize)]
struct Stream {
    name: String,
    raw: String,
    #[serde(default)]
    steps: Vec<Write>,
}

#[derive(Deserialize)]
struct Write {
    did: String,
}

/// Returns the headers that a client reads, and the bytes after them.
fn parts(raw: &str) -> (Vec<&str>, &str) {
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let read = ["HTTP/", "Cache-Control", "Connection", "Content-Type", "Transfer-Encoding"];
    let is_read = |line: &&str| read.iter().any(|name| line.starts_with(name));
    (head.lines().filter(is_read).collect(), body)
}

/// Opens a stream, and waits until the server counts it as open.
pub(crate) fn open(server: &TestServer, environment: &Environment) -> Connection {
    let before = server.record().streams.len();
    let mut stream = Connection::open(server);
    let path = format!("/v1/stream/{}", environment.slug());
    let key = environment.server_key();
    let headers = [("X-API-Key", key.as_str()), ("Accept", "text/event-stream")];
    stream.request("GET", &path, &headers, b"");
    server.wait_for(PATIENCE, |record| record.streams.len() > before).unwrap();
    stream
}

#[test]
fn two_events_have_the_recorded_bytes() {
    let file: BTreeMap<String, Bytes> = data::read("featuresignals/sse.json");
    let server = TestServer::start().unwrap();
    let environment = server.add_environment_with("prod", "env-prod", "key", "client-key");
    for (key, id) in [("one", "f1"), ("two", "f3")] {
        server.put_flag(&format!(r#"{{"key":"{key}","id":"{id}"}}"#)).unwrap();
        environment.put_state(key, r#"{"enabled":false}"#).unwrap();
    }
    let mut stream = open(&server, &environment);
    environment.enable("one", true).unwrap();
    // An event of another environment is not delivered.
    server.environment().put_state("one", r#"{"enabled":true}"#).unwrap();
    environment.delete_state("two").unwrap();
    server.wait_for(PATIENCE, |record| record.events() == 3).unwrap();
    server.cut_streams(false);
    let given = stream.rest_text();
    assert_eq!(parts(&given), parts(&file["two_events"].raw));
    server.wait_for_open_streams(0, PATIENCE).unwrap();
    let seen = &server.record().streams[0];
    assert_eq!((seen.events, seen.ended.unwrap()), (3, StreamEnd::Server));
}

#[test]
fn an_event_after_the_lifetime_is_lost() {
    let file: BTreeMap<String, Bytes> = data::read("featuresignals/sse.json");
    let server = TestServer::start().unwrap();
    let environment = server.add_environment_with("prod", "env-prod", "key", "client-key");
    server.put_flag(r#"{"key":"one"}"#).unwrap();
    let mut stream = open(&server, &environment);
    server.wait_for(PATIENCE, |record| record.events() == 1).unwrap();
    server.set_stream_lifetime(Duration::ZERO);
    assert_eq!(server.record().open_streams(), 1);
    environment.put_state("one", "{}").unwrap();
    let given = stream.rest_text();
    assert_eq!(parts(&given), parts(&file["event_after_33s"].raw));
}

#[test]
fn changes_send_the_recorded_events() {
    let text = data::text("featuresignals-live/http.json");
    let file: Conversation = serde_json::from_str(&text).unwrap();
    let whole: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).unwrap();
    let recorded = file.streams.iter().find(|stream| stream.name == "events").unwrap();
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.replace_all(whole["ruleset"].get()).unwrap();
    let other = server.add_environment("staging");
    let mut stream = open(&server, environment);
    for write in &recorded.steps {
        let on = r#"{"enabled":true}"#;
        match write.did.as_str() {
            "state written" | "state written with the same content" => {
                environment.put_state("exp", on).unwrap();
            }
            "first state of a flag" => environment.put_state("stateless", on).unwrap(),
            "flag definition edited" | "flag archived" => {
                server.put_flag(r#"{"key":"gone","status":"archived"}"#).unwrap();
            }
            "segment edited" => server.put_segment(r#"{"key":"beta"}"#).unwrap(),
            "flag created" => server.put_flag(r#"{"key":"new"}"#).unwrap(),
            "flag without state deleted" => server.delete_flag("new").unwrap(),
            "kill switch" => environment.enable("exp", false).unwrap(),
            "state in another environment" => other.put_state("exp", on).unwrap(),
            "flag with a state deleted" => server.delete_flag("stateless").unwrap(),
            "sync from the other environment" => environment.put_state("exp", on).unwrap(),
            unknown => panic!("{unknown}"),
        }
    }
    server.wait_for(PATIENCE, |record| record.events() == 7).unwrap();
    server.cut_streams(false);
    let given = stream.rest_text().replace(&environment.id(), "<env-id>");
    let given = given.split("00000000-0000-4000-8000-").enumerate().fold(
        String::new(),
        |text, (index, part)| match index {
            0 => part.to_owned(),
            _ => format!("{text}<flag-id>{}", &part[12..]),
        },
    );
    assert_eq!(parts(&given), parts(&recorded.raw));
}

#[test]
fn a_stream_that_the_client_closes_is_noticed() {
    let server = TestServer::start().unwrap();
    let stream = open(&server, server.environment());
    assert_eq!(server.record().open_streams(), 1);
    drop(stream);
    let record = server.wait_for_open_streams(0, PATIENCE).unwrap();
    assert_eq!(record.streams[0].ended.unwrap(), StreamEnd::Client);
}
