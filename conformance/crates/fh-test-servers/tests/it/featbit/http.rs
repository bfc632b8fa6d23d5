//! Plain requests: polling, events, and their scripted answers.

use std::time::Duration;

use fh_test::wait::PATIENCE;
use fh_test_servers::featbit::{Route, ScriptedAnswer, TestServer};

use crate::client::{Answer, Client, End};
use crate::featbit::client;

const POLL: &str = "/api/public/sdk/server/latest-all";
const TRACK: &str = "/api/public/insight/track";

fn get(server: &TestServer, target: &str, secret: &str) -> Answer {
    client::request(server.address(), "GET", target, &[("Authorization", secret)], None)
}

fn track(server: &TestServer, body: &str) -> u16 {
    let secret = server.environment().server_secret();
    let headers = [("Authorization", secret.as_str()), ("Content-Type", "application/json")];
    client::request(server.address(), "POST", TRACK, &headers, Some(body.as_bytes())).status
}

#[test]
fn answers_are_scripted_one_by_one() {
    let server = TestServer::start().unwrap();
    let limited = ScriptedAnswer::Status { status: 429, retry_after: Some(3) };
    server.script(Route::Track, [ScriptedAnswer::status(500), ScriptedAnswer::Correct, limited]);
    let statuses: Vec<u16> = (0..4).map(|_| track(&server, "[]")).collect();
    assert_eq!(statuses, [500, 200, 429, 200]);
    let secret = server.environment().server_secret();
    server.script(Route::LatestAll, [ScriptedAnswer::Json("{}".to_owned())]);
    assert_eq!(get(&server, POLL, &secret).text(), "{}");
    server.script(Route::Liveness, [ScriptedAnswer::Delayed(Duration::from_millis(50))]);
    assert_eq!(get(&server, "/health/liveness", "").text(), "Healthy");
    server.script(Route::Track, [ScriptedAnswer::status(500)]);
    server.clear_faults();
    assert_eq!(track(&server, "[]"), 200);
}

#[test]
fn a_request_hangs_or_is_reset() {
    let server = TestServer::start().unwrap();
    server.script(Route::Track, [ScriptedAnswer::Hang, ScriptedAnswer::Reset]);
    for is_hanging in [true, false] {
        let mut client = Client::connect(server.address());
        client.request("POST", TRACK, &[], b"[]");
        let count = if is_hanging { 1 } else { 2 };
        server.wait_for(PATIENCE, |record| record.insights.len() == count).unwrap();
        if is_hanging {
            assert!(client.is_silent());
        } else {
            assert_eq!(client.rest(), (Vec::new(), End::Rst));
        }
    }
    assert_eq!(server.record().insights[0].status, None);
}

#[test]
fn several_requests_share_a_connection_and_bodies_may_be_chunked() {
    let server = TestServer::start().unwrap();
    let secret = server.environment().server_secret();
    let mut client = Client::connect(server.address());
    let head =
        format!("POST {TRACK} HTTP/1.1\r\nAuthorization: {secret}\r\nContent-Type: text/json");
    let chunks = "1\r\n[\r\n1;x=y\r\n]\r\n0\r\n\r\n";
    client.send(format!("{head}\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
    assert_eq!(client.answer().status, 200);
    client.send(format!("{head}\r\nContent-Length: 1\r\nConnection: close\r\n\r\n["));
    assert_eq!(client.answer().status, 400);
    let record = server.record();
    assert_eq!((record.connections, record.insights.len()), (1, 2));
    assert_eq!(record.insights[0].body, "[]");
    let mut client = Client::connect(server.address());
    let health = "GET /health/liveness HTTP/1.1\r\n\r\n";
    client.send(health.repeat(2));
    assert_eq!([client.answer().status, client.answer().status], [200, 200]);
    client.send("nonsense\r\n\r\n");
    assert_eq!(client.answer().status, 400);
}
