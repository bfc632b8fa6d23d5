//! A test for each fault of sockets.

use std::time::{Duration, Instant};

use fh_test::wait::PATIENCE;
use fh_test_servers::featbit::{Fault, TestServer, Times, UpgradeOutcome, sample};
use serde_json::json;

use crate::client::{Answer, Client, End};
use crate::featbit::client::{self, Event, Socket, UPGRADE, sync_request, target};

const REFUSED: &str = "invalid request, close by server";

/// Starts a server with one flag and a fault.
fn server_with(fault: Fault, times: Times) -> TestServer {
    let server = TestServer::start().unwrap();
    server.environment().put_flag(&sample::boolean_flag("one", true)).unwrap();
    server.arm(fault, times);
    server
}

fn open(server: &TestServer) -> Socket {
    Socket::open(server.address(), &server.environment().server_secret())
}

fn dial(server: &TestServer) -> (Answer, Option<Socket>) {
    let target = target("server", &server.environment().server_secret());
    Socket::dial(server.address(), &target, &[])
}

/// Returns the status of a plain request, which no fault of sockets changes.
fn plain_status(server: &TestServer) -> u16 {
    client::request(server.address(), "GET", "/health/liveness", &[], None).status
}

fn works(server: &TestServer) -> bool {
    open(server).sync(0)["data"]["eventType"] == "full"
}

fn outcomes(server: &TestServer) -> Vec<UpgradeOutcome> {
    server.record().upgrades.iter().map(|upgrade| upgrade.outcome).collect()
}

#[test]
fn a_token_is_refused_once_or_always() {
    let server = server_with(Fault::RefuseToken, Times::Next(1));
    let mut socket = open(&server);
    assert_eq!(socket.next(), Event::Close(4003, REFUSED.to_owned()));
    assert_eq!(socket.next(), Event::End("connection closed"));
    assert!(works(&server));
    server.arm(Fault::RefuseToken, Times::UntilCleared);
    for _ in 0..5 {
        assert_eq!(open(&server).next(), Event::Close(4003, REFUSED.to_owned()));
    }
    server.clear_faults();
    assert!(works(&server));
    let expected = [UpgradeOutcome::Refused(4003), UpgradeOutcome::Opened];
    assert_eq!(outcomes(&server)[..2], expected);
}

#[test]
fn a_clock_ahead_refuses_tokens_and_shows_in_every_date() {
    let server = server_with(Fault::ClockOffset(120_000), Times::UntilCleared);
    let (answer, socket) = dial(&server);
    assert_eq!(socket.unwrap().next(), Event::Close(4003, REFUSED.to_owned()));
    let plain = client::request(server.address(), "GET", "/health/liveness", &[], None);
    for answer in [answer, plain] {
        let date = httpdate::parse_http_date(answer.header("date").unwrap()).unwrap();
        let ahead = date.duration_since(std::time::SystemTime::now()).unwrap().as_secs();
        assert!((100..=120).contains(&ahead), "{ahead} s");
    }
    // A client with a corrected clock gets in.
    let now = client::now_ms() + 120_000;
    let token =
        fh_test_servers::featbit::token::encode(&server.environment().server_secret(), now, 0.3);
    let target = format!("/streaming?type=server&token={token}");
    let mut socket = Socket::dial(server.address(), &target, &[]).1.unwrap();
    assert_eq!(socket.sync(0)["data"]["eventType"], "full");
    server.clear_faults();
    assert!(works(&server));
}

#[test]
fn a_proxy_drops_the_date_of_an_upgrade() {
    let server = server_with(Fault::DropDate, Times::Next(1));
    assert_eq!(dial(&server).0.header("date"), None);
    assert!(dial(&server).0.header("date").is_some());
}

#[test]
fn an_outage_of_the_store_closes_good_tokens_with_1011_and_bad_ones_with_4003() {
    let server = server_with(Fault::StoreOutage, Times::Next(2));
    let unavailable = "service unavailable, close by server".to_owned();
    assert_eq!(open(&server).next(), Event::Close(1011, unavailable));
    let (_, socket) = Socket::dial(server.address(), "/streaming?type=server&token=QQQQQ", &[]);
    assert_eq!(socket.unwrap().next(), Event::Close(4003, REFUSED.to_owned()));
    assert!(works(&server));
}

#[test]
fn upgrades_are_answered_with_a_status() {
    let server = TestServer::start().unwrap();
    for (status, retry_after) in [(429, Some(7)), (500, None), (404, None), (503, Some(1))] {
        server.arm(Fault::UpgradeStatus { status, retry_after }, Times::Next(1));
        let (answer, socket) = dial(&server);
        assert!(socket.is_none());
        assert_eq!(answer.status, status);
        let seconds = retry_after.map(|seconds| seconds.to_string());
        assert_eq!(answer.header("retry-after"), seconds.as_deref());
        assert!(answer.header("date").is_some());
        assert_eq!(answer.text().contains("Rate limit exceeded"), status == 429);
    }
    assert!(works(&server));
}

#[test]
fn a_proxy_drops_resets_or_swallows_upgrades_while_plain_requests_pass() {
    let server = server_with(Fault::DropUpgrade, Times::Next(1));
    assert_eq!(dial(&server).0.status, 401);
    assert_eq!(plain_status(&server), 200);

    server.arm(Fault::ResetUpgrade, Times::Next(1));
    let target = target("server", &server.environment().server_secret());
    let mut client = Client::connect(server.address());
    client.request("GET", &target, &UPGRADE, b"");
    assert_eq!(client.rest().1, End::Rst);
    assert_eq!(plain_status(&server), 200);

    server.arm(Fault::NeverAnswerUpgrade, Times::Next(1));
    let mut client = Client::connect(server.address());
    client.request("GET", &target, &UPGRADE, b"");
    server.wait_for(PATIENCE, |record| record.upgrades.len() == 3).unwrap();
    assert!(client.is_silent());
    assert_eq!(plain_status(&server), 200);
    let expected = [UpgradeOutcome::Status(401), UpgradeOutcome::Reset, UpgradeOutcome::Unanswered];
    assert_eq!(outcomes(&server), expected);
    assert!(works(&server));
}

#[test]
fn sockets_are_opened_and_closed_at_once_ten_times() {
    let server = server_with(Fault::CloseAtOnce { code: None }, Times::Next(10));
    for _ in 0..10 {
        assert_eq!(open(&server).next(), Event::End("connection closed"));
    }
    assert!(works(&server));
    server.arm(Fault::CloseAtOnce { code: Some(1000) }, Times::Next(1));
    assert_eq!(open(&server).next(), Event::Close(1000, String::new()));
    assert_eq!(server.record().sockets_opened, 12);
}

#[test]
fn a_socket_is_silent_after_the_opening_the_answer_or_in_a_conversation() {
    let server = server_with(Fault::SilentAfter(0), Times::Next(1));
    let mut socket = open(&server);
    socket.send(&sync_request(0));
    socket.send_frame(0x89, b"");
    server.wait_for(PATIENCE, |record| record.messages.len() == 1).unwrap();
    assert!(socket.client.is_silent());

    server.arm(Fault::SilentAfter(1), Times::Next(1));
    let mut socket = open(&server);
    assert_eq!(socket.sync(0)["data"]["eventType"], "full");
    server.environment().put_flag(&sample::boolean_flag("two", true)).unwrap();
    assert!(socket.client.is_silent());

    let mut socket = open(&server);
    assert_eq!(socket.sync(0)["data"]["eventType"], "full");
    server.silence();
    socket.send(r#"{"messageType":"ping","data":{}}"#);
    assert!(socket.client.is_silent());
    // A silent socket can still be ended.
    server.drop_sockets(false);
    assert_eq!(socket.next(), Event::End("connection closed"));
}

#[test]
fn a_message_is_cut_and_the_connection_closed_or_reset() {
    for (reset, keep) in [(true, 30), (false, 30), (false, 0)] {
        let server = server_with(Fault::CutMessage { keep, reset }, Times::Next(1));
        let mut socket = open(&server);
        socket.send(&sync_request(0));
        assert_eq!(socket.next(), Event::End("cut"));
        assert!(works(&server));
    }
}

#[test]
fn a_bad_entity_is_among_good_ones_and_a_bad_frame_before_them() {
    let server = server_with(Fault::BadEntity, Times::Next(1));
    server.environment().put_flag(&sample::boolean_flag("two", true)).unwrap();
    server.arm(Fault::InvalidJson, Times::Next(1));
    let mut socket = open(&server);
    socket.send(&sync_request(0));
    assert_eq!(socket.next(), Event::Text("this is not JSON".to_owned()));
    let full = socket.next().json();
    let flags = full["data"]["featureFlags"].as_array().unwrap();
    let keys: Vec<_> = flags.iter().map(|flag| flag["key"].as_str()).collect();
    assert_eq!(keys, [Some("one"), None, Some("two")]);
}

#[test]
fn a_null_operator_comes_with_its_segment() {
    let server = server_with(Fault::NullOperator, Times::Next(1));
    let full = open(&server).sync(0);
    let flag = full["data"]["featureFlags"].as_array().unwrap().last().unwrap();
    assert_eq!(flag["rules"][0]["conditions"][0]["op"], json!(null));
    let id = full["data"]["segments"][0]["id"].as_str().unwrap();
    assert!(flag["rules"][0]["conditions"][0]["value"].as_str().unwrap().contains(id));
}

#[test]
fn a_message_is_larger_than_a_limit_and_still_valid() {
    let server = server_with(Fault::Oversize(3_000_000), Times::Next(1));
    let mut socket = open(&server);
    socket.send(&sync_request(0));
    let event = socket.next();
    assert_eq!(event.json()["data"]["eventType"], "full");
    assert!(matches!(event, Event::Text(text) if text.len() == 3_000_000));
}

#[test]
fn a_push_comes_before_the_full() {
    let server = server_with(Fault::PushBeforeFull, Times::Next(1));
    let mut socket = open(&server);
    assert_eq!(socket.sync(0)["data"]["eventType"], "patch");
    assert_eq!(socket.next().json()["data"]["eventType"], "full");
}

#[test]
fn held_answers_wait_and_pushes_pass_them() {
    let server = server_with(Fault::HoldSync, Times::Next(1));
    let mut socket = open(&server);
    socket.send(&sync_request(0));
    server.wait_for(PATIENCE, |record| record.messages.len() == 1).unwrap();
    server.environment().put_flag(&sample::boolean_flag("two", true)).unwrap();
    let patch = socket.next().json();
    assert_eq!(patch["data"]["featureFlags"][0]["key"], "two");
    server.release();
    let full = socket.next().json();
    assert_eq!(full["data"]["featureFlags"].as_array().unwrap().len(), 1, "as it was requested");
}

#[test]
fn messages_are_fragmented_with_a_ping_between() {
    let server = server_with(Fault::Fragment(100), Times::Next(1));
    let mut socket = open(&server);
    socket.send(&sync_request(0));
    // The client of this test shows a ping as an event of its own, and loses the first fragment then.
    assert_eq!(socket.next(), Event::Ping(b"between".to_vec()));
    let Event::Text(rest) = socket.next() else { panic!("no text") };
    assert!(rest.ends_with("]}}") && socket.frames > 5, "{} frames", socket.frames);
}

#[test]
fn answers_are_delayed() {
    let server = server_with(Fault::DelayUpgrade(Duration::from_millis(60)), Times::Next(1));
    server.arm(Fault::DelaySync(Duration::from_millis(60)), Times::Next(1));
    let begin = Instant::now();
    let mut socket = open(&server);
    assert!(begin.elapsed() >= Duration::from_millis(60));
    assert_eq!(socket.sync(0)["data"]["eventType"], "full");
    assert!(begin.elapsed() >= Duration::from_millis(120));
}
