//! Sockets of a correct server.

use std::time::Duration;

use fh_test_featbit::{TestServer, UpgradeOutcome, sample};
use serde_json::json;

use crate::client::{Event, PATIENCE, Socket};

fn keys(message: &serde_json::Value) -> Vec<&str> {
    let flags = message["data"]["featureFlags"].as_array().unwrap();
    flags.iter().map(|flag| flag["key"].as_str().unwrap()).collect()
}

#[test]
fn full_patch_push_and_catching_up() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::boolean_flag("one", true)).unwrap();
    environment.put_segment(&sample::segment("s", &["alice"])).unwrap();
    let mut socket = Socket::open(server.address(), &environment.server_secret());
    let mut unsynced = Socket::open(server.address(), &environment.server_secret());
    let full = socket.sync(0);
    assert_eq!(full["data"]["eventType"], "full");
    assert_eq!(keys(&full), ["one"]);
    assert_eq!(full["data"]["segments"][0]["id"], "s");

    environment.put_flag(&sample::boolean_flag("two", true)).unwrap();
    let push = socket.next().json();
    assert_eq!(push["data"]["eventType"], "patch");
    assert_eq!((keys(&push), &push["data"]["segments"]), (vec!["two"], &json!([])));
    assert_eq!(unsynced.next().json(), push);
    environment.archive_flag("one", true).unwrap();
    let archived = socket.next().json();
    assert_eq!(archived["data"]["featureFlags"][0]["isArchived"], true);
    environment.delete_flag("two").unwrap();
    environment.archive_segment("s", true).unwrap();
    assert_eq!(socket.next().json()["data"]["segments"][0]["isArchived"], true);

    // All of these changes are newer than the first full, and the deleted flag is gone without a trace.
    let stamp = full["data"]["segments"][0]["updatedAt"].as_str().unwrap();
    let first = stamp_ms(stamp);
    let patch = socket.sync(first);
    assert_eq!(patch["data"]["eventType"], "patch");
    assert_eq!(keys(&patch), ["one"]);
    assert!(environment.delete_flag("two").is_err());
    let record = server.wait_for(PATIENCE, |record| record.messages.len() == 2).unwrap();
    assert_eq!((record.sockets_opened, record.open_sockets), (2, 2));
    assert_eq!(record.messages_of("data-sync").len(), 2);
    assert!(record.upgrades.iter().all(|it| it.outcome == UpgradeOutcome::Opened));
}

/// Reads the milliseconds of a text such as `2026-01-05T09:42:49.311Z` on today's date.
fn stamp_ms(stamp: &str) -> i64 {
    let clock: Vec<i64> =
        stamp[11..23].split([':', '.']).map(|part| part.parse().unwrap()).collect();
    let of_day = ((clock[0] * 60 + clock[1]) * 60 + clock[2]) * 1000 + clock[3];
    let now = crate::client::now_ms();
    let day = now - now.rem_euclid(86_400_000);
    // The record may be of the day before.
    if day + of_day > now + 60_000 { day + of_day - 86_400_000 } else { day + of_day }
}

#[test]
fn texts_are_verbatim_and_stamps_are_a_millisecond_apart() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    let mut socket = Socket::open(server.address(), &environment.server_secret());
    let mut stamps = Vec::new();
    for _ in 0..20 {
        environment.put_flag(r#"{"key":"k","n":1.0,"big":1e400,"updatedAt":"x"}"#).unwrap();
        let Event::Text(text) = socket.next() else { panic!("no message") };
        assert!(text.contains(r#"{"key":"k","n":1.0,"big":1e400,"updatedAt":"20"#), "{text}");
        stamps.push(text.split("updatedAt").nth(1).unwrap().to_owned());
    }
    assert!(stamps.is_sorted_by(|a, b| a < b), "{stamps:?}");
    assert!(environment.put_flag("[]").is_err());
}

#[test]
fn environments_are_separate_and_clients_get_pongs_alone() {
    let server = TestServer::start().unwrap();
    let (main, other) = (server.environment(), server.add_environment());
    let mut socket = Socket::open(server.address(), &main.server_secret());
    let mut elsewhere = Socket::open(server.address(), &other.server_secret());
    let target = crate::client::target("client", &main.client_secret());
    let mut client = Socket::dial(server.address(), &target, &[]).1.unwrap();
    main.put_flag(&sample::boolean_flag("one", true)).unwrap();
    assert_eq!(keys(&socket.next().json()), ["one"]);
    client.send(r#"{"messageType":"data-sync","data":{"timestamp":0,"user":{"keyId":"a"}}}"#);
    for socket in [&mut elsewhere, &mut client] {
        socket.send(r#"{"messageType":"ping","data":null}"#);
        assert_eq!(socket.next().json(), json!({"messageType": "pong", "data": {}}));
    }
    assert_eq!(elsewhere.sync(0)["data"]["featureFlags"], json!([]));
}

#[test]
fn a_restart_keeps_port_and_secrets_and_may_bring_older_data() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    environment.put_flag(&sample::boolean_flag("one", true)).unwrap();
    let mut socket = Socket::open(server.address(), &environment.server_secret());
    server.stop();
    assert_eq!(socket.next(), Event::End("connection closed"));
    assert!(std::net::TcpStream::connect(server.address()).is_err());
    let older = sample::boolean_flag("one", false);
    environment.replace_all(&[&older], &[]).unwrap();
    server.restart().unwrap();
    let mut socket = Socket::open(server.address(), &environment.server_secret());
    let full = socket.sync(0);
    assert_eq!(full["data"]["featureFlags"][0]["updatedAt"], "2020-01-01T00:00:00.000Z");
    assert_eq!(
        environment.full_message(),
        serde_json::to_string(&full).map(|_| environment.full_message()).unwrap()
    );
}

#[test]
fn pongs_and_closes_of_clients_are_recorded() {
    let server = TestServer::start().unwrap();
    let mut socket = Socket::open(server.address(), &server.environment().server_secret());
    server.ping_sockets();
    assert_eq!(socket.next(), Event::Ping(b"test".to_vec()));
    socket.send_frame(0x8a, b"test");
    socket.send_frame(0x88, b"\x03\xe8bye");
    assert_eq!(socket.next(), Event::Close(1000, "bye".to_owned()));
    let mut socket = Socket::open(server.address(), &server.environment().server_secret());
    socket.send_frame(0x88, b"");
    let record = server.wait_for(PATIENCE, |record| record.closes.len() == 2).unwrap();
    assert_eq!(record.pongs, 1);
    let closes: Vec<_> = record
        .closes
        .iter()
        .map(|close| (close.socket, close.code, close.reason.as_str()))
        .collect();
    assert_eq!(closes, [(1, Some(1000), "bye"), (2, None, "")]);
}

#[test]
fn dropped_closed_and_revoked() {
    let server = TestServer::start().unwrap();
    let environment = server.environment();
    let secret = environment.server_secret();
    let mut socket = Socket::open(server.address(), &secret);
    server.drop_sockets(true);
    assert_eq!(socket.next(), Event::End("connection reset"));
    server.wait_for_open_sockets(0, PATIENCE).unwrap();
    let mut socket = Socket::open(server.address(), &secret);
    server.drop_sockets(false);
    assert_eq!(socket.next(), Event::End("connection closed"));
    let mut socket = Socket::open(server.address(), &secret);
    server.close_sockets(1001, "going away");
    assert_eq!(socket.next(), Event::Close(1001, "going away".to_owned()));
    drop(socket);
    let mut open = Socket::open(server.address(), &secret);
    environment.revoke_secrets();
    let target = crate::client::target("server", &secret);
    let mut refused = Socket::dial(server.address(), &target, &[]).1.unwrap();
    assert!(matches!(refused.next(), Event::Close(4003, _)));
    assert_eq!(open.sync(0)["data"]["eventType"], "full");
    let waited = server.wait_for(Duration::from_millis(20), |record| record.insights.len() == 1);
    assert!(waited.unwrap_err().to_string().contains("0 insights"));
}
