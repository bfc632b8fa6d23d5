//! Sockets of a correct server.

use std::time::Duration;

use fh_test::wait::PATIENCE;
use fh_test_servers::featbit::{TestServer, sample};

use crate::featbit::client::{Event, Socket};

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
    let target = crate::featbit::client::target("server", &secret);
    let mut refused = Socket::dial(server.address(), &target, &[]).1.unwrap();
    assert!(matches!(refused.next(), Event::Close(4003, _)));
    assert_eq!(open.sync(0)["data"]["eventType"], "full");
    let waited = server.wait_for(Duration::from_millis(20), |record| record.insights.len() == 1);
    assert!(waited.unwrap_err().to_string().contains("0 insights"));
}
