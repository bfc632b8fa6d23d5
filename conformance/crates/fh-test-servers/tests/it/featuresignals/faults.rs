//! A test for each fault.

use std::time::{Duration, Instant};

use fh_test::wait::PATIENCE;
use fh_test_servers::featuresignals::{Fault, Route, StreamEnd, TestServer, Times};

use crate::client::End;
use crate::featuresignals::exchange::{Answer, Connection};
use crate::featuresignals::streams;

const MAP: &str = "{\"one\":true,\"two\":null}\n";
const BULK: &str = r#"{"flag_keys":["one","two"],"context":{"key":"mara"}}"#;

/// Starts a server with two flags.
fn server() -> TestServer {
    let server = TestServer::start().unwrap();
    server.put_flag(r#"{"key":"one","flag_type":"boolean","default_value":false}"#).unwrap();
    server.put_flag(r#"{"key":"two","flag_type":"json","default_value":null}"#).unwrap();
    server.environment().put_state("one", r#"{"enabled":true,"default_value":true}"#).unwrap();
    server
}

fn server_with(fault: Fault, route: Route, times: Times) -> TestServer {
    let server = server();
    server.arm(fault, route, times);
    server
}

fn map(server: &TestServer) -> Answer {
    Connection::open(server).map(&server.environment().server_key(), "mara")
}

fn bulk(server: &TestServer) -> Answer {
    let key = server.environment().server_key();
    Connection::open(server).post("/v1/evaluate/bulk", &key, BULK)
}

fn stream(server: &TestServer) -> Connection {
    let mut connection = Connection::open(server);
    let key = server.environment().server_key();
    connection.request("GET", "/v1/stream/production", &[("X-API-Key", &key)], b"");
    connection
}

fn health(server: &TestServer) -> u16 {
    Connection::open(server).ask("GET", "/health", &[], b"").status
}

#[test]
fn a_good_key_is_unauthorized_until_faults_are_cleared() {
    let server = server_with(Fault::Unauthorized, Route::Any, Times::UntilCleared);
    for _ in 0..3 {
        assert_eq!((map(&server).status, bulk(&server).status), (401, 401));
    }
    assert!(map(&server).text().starts_with(r#"{"error":"unauthorized","message":"unauthorized""#));
    let mut refused = stream(&server);
    assert!(refused.answer().text().starts_with(r#"{"error":"invalid API key""#));
    assert_eq!(health(&server), 200);
    server.clear_faults();
    assert_eq!(map(&server).text(), MAP);
}

#[test]
fn a_good_key_is_unauthorized_after_a_success() {
    let server = server_with(Fault::Unauthorized, Route::Map, Times::After(1));
    let statuses: Vec<u16> = (0..4).map(|_| map(&server).status).collect();
    assert_eq!((statuses, bulk(&server).status), (vec![200, 401, 401, 401], 200));
    server.clear_faults();
    assert_eq!(map(&server).status, 200);
}

#[test]
fn revoked_keys_are_unauthorized_until_they_are_restored() {
    let server = server();
    server.environment().revoke_keys();
    assert_eq!(map(&server).status, 401);
    server.environment().restore_keys();
    assert_eq!(map(&server).status, 200);
}

#[test]
fn a_key_belongs_to_another_environment() {
    let server = server_with(Fault::Forbidden, Route::Map, Times::Next(1));
    let answer = map(&server);
    let sentence = "API key does not belong to environment production";
    assert!(answer.status == 403 && answer.text().contains(sentence));
    assert_eq!(map(&server).status, 200);
}

#[test]
fn a_limit_tells_when_to_come_back() {
    let fault = Fault::TooManyRequests { retry_after: Some(7) };
    let server = server_with(fault, Route::Map, Times::Next(1));
    let answer = map(&server);
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("7")));
    assert_eq!(map(&server).header("retry-after"), None);
}

#[test]
fn the_second_part_of_a_bulk_fails() {
    let fault = Fault::Status { status: 500, retry_after: None };
    let server = server_with(fault, Route::Bulk, Times::Nth(2));
    let statuses: Vec<u16> = (0..3).map(|_| bulk(&server).status).collect();
    assert_eq!((statuses, map(&server).status), (vec![200, 500, 200], 200));
}

#[test]
fn the_server_is_silent() {
    let server = server_with(Fault::Silence, Route::Map, Times::Next(1));
    let mut connection = Connection::open(&server);
    let key = server.environment().server_key();
    connection.request("GET", "/v1/client/production/flags", &[("X-API-Key", &key)], b"");
    let record = server.wait_for(PATIENCE, |record| record.requests.len() == 1).unwrap();
    assert_eq!((record.requests[0].status, record.answered()), (None, 0));
    assert_eq!(map(&server).text(), MAP);
    connection.shut();
    assert_eq!(connection.rest_text(), "");
}

#[test]
fn the_connection_is_reset() {
    let server = server_with(Fault::Reset, Route::Map, Times::Next(1));
    let mut connection = Connection::open(&server);
    let key = server.environment().server_key();
    connection.request("GET", "/v1/client/production/flags", &[("X-API-Key", &key)], b"");
    assert_eq!(connection.rest().1, End::Rst);
}

#[test]
fn a_body_is_cut() {
    let server = server_with(Fault::Truncate { keep: 9 }, Route::Map, Times::Next(1));
    let mut connection = Connection::open(&server);
    let key = server.environment().server_key();
    connection.request("GET", "/v1/client/production/flags", &[("X-API-Key", &key)], b"");
    let text = connection.rest_text();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}", MAP.len())), "{head}");
    assert_eq!(body, &MAP[..9]);
}

#[test]
fn a_body_has_another_form() {
    let server = server();
    for (fault, content_type, part) in [
        (Fault::List, "application/json", "[]\n"),
        (Fault::Page, "text/html; charset=utf-8", "<html>"),
        (Fault::Json("{\"one\":[1".to_owned()), "application/json", "{\"one\":[1"),
    ] {
        server.arm(fault, Route::Map, Times::Next(1));
        let answer = map(&server);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(content_type)));
        assert!(answer.text().contains(part), "{}", answer.text());
    }
    assert_eq!(map(&server).text(), MAP);
}

#[test]
fn a_flag_is_gone_between_map_and_bulk() {
    let fault = Fault::Gone { flag_key: "one".to_owned() };
    let server = server_with(fault, Route::Any, Times::UntilCleared);
    assert_eq!(map(&server).text(), MAP);
    let gone = r#"{"one":{"flag_key":"one","value":null,"reason":"NOT_FOUND"},"#;
    assert!(bulk(&server).text().starts_with(gone));
    server.clear_faults();
    assert!(bulk(&server).text().contains(r#""value":true,"reason":"FALLTHROUGH"}"#));
}

#[test]
fn an_answer_is_late() {
    let time = Duration::from_millis(20);
    let server = server_with(Fault::Delay(time), Route::Map, Times::Next(1));
    let start = Instant::now();
    assert_eq!(map(&server).text(), MAP);
    assert!(start.elapsed() >= time);
    let request = &server.record().requests[0];
    assert!(request.answered_at.unwrap() - request.at >= time);
}

#[test]
fn an_answer_waits_until_it_is_released() {
    let server = server_with(Fault::Hold, Route::Map, Times::Next(1));
    let mut connection = Connection::open(&server);
    let key = server.environment().server_key();
    connection.request("GET", "/v1/client/production/flags", &[("X-API-Key", &key)], b"");
    server.wait_for(PATIENCE, |record| record.requests.len() == 1).unwrap();
    // Only the held answer waits.
    assert_eq!(bulk(&server).status, 200);
    assert_eq!(server.record().answered(), 1);
    // The values are those at the time of the request.
    server.environment().enable("one", false).unwrap();
    server.release();
    assert_eq!(connection.answer().text(), MAP);
}

#[test]
fn streams_are_not_supported() {
    let server = server_with(Fault::StreamingUnsupported, Route::Any, Times::Next(2));
    for _ in 0..2 {
        let answer = stream(&server).answer();
        assert_eq!((answer.status, answer.text()), (500, "streaming unsupported\n"));
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    }
    assert_eq!(map(&server).status, 200);
    drop(streams::open(&server, server.environment()));
    assert_eq!(server.record().streams.len(), 1);
}

#[test]
fn a_stream_is_cut_after_an_event() {
    let server = server_with(Fault::CutStream { events: 1 }, Route::Stream, Times::Next(1));
    let mut cut = streams::open(&server, server.environment());
    server.environment().enable("one", false).unwrap();
    let text = cut.rest_text();
    assert!(text.contains("event: flag-update") && !text.ends_with("0\r\n\r\n"), "{text}");
    let record = server.wait_for_open_streams(0, PATIENCE).unwrap();
    assert_eq!(
        (record.streams[0].events, record.streams[0].ended.unwrap()),
        (2, StreamEnd::Server)
    );
}

#[test]
fn open_streams_are_reset() {
    let server = server();
    let mut reset = streams::open(&server, server.environment());
    server.wait_for(PATIENCE, |record| record.events() == 1).unwrap();
    server.cut_streams(true);
    assert_eq!(reset.rest().1, End::Rst);
}

#[test]
fn a_stopped_server_refuses_connections_until_it_is_restarted() {
    let server = server();
    let mut open = streams::open(&server, server.environment());
    let mut idle = Connection::open(&server);
    server.stop();
    assert!(std::net::TcpStream::connect(server.address()).is_err());
    assert!(open.rest_text().contains("event: connected"));
    // The server may have reset a connection that it had not accepted.
    let _ = idle.rest();
    server.restart().unwrap();
    assert_eq!(map(&server).text(), MAP);
    assert_eq!(server.record().streams[0].ended, Some(StreamEnd::Server));
}

#[test]
fn edits_of_definitions_are_seen_once_a_state_is_written() {
    let server = server();
    assert_eq!(map(&server).text(), MAP);
    server.put_flag(r#"{"key":"two","default_value":"new"}"#).unwrap();
    server.put_flag(r#"{"key":"three","default_value":3}"#).unwrap();
    assert_eq!(map(&server).text(), MAP);
    server.environment().enable("one", false).unwrap();
    assert_eq!(map(&server).text(), "{\"one\":false,\"three\":3,\"two\":\"new\"}\n");
    server.delete_flag("three").unwrap();
    assert!(map(&server).text().contains("three"));
    server.environment().replace_all(r#"{"flags":{"x":{"default_value":1}}}"#).unwrap();
    assert_eq!(map(&server).text(), "{\"x\":1}\n");
}
