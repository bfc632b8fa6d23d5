//! A server in a process without free file descriptors. The test has a file of its own, because the limit applies to the whole process.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::File;
use std::time::{Duration, Instant};

use axum::{Router, routing::get};
use fh_listen::{ListenOptions, Listener, serve};
use fh_test::wait::{PATIENCE, wait_until_async};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::timeout;

/// The minimum time between two attempts to accept after a failure.
const PAUSE: Duration = Duration::from_millis(250);

#[tokio::test]
async fn without_descriptors_a_server_waits_until_some_are_free() {
    let limit = Rlimit { current: Some(64), maximum: getrlimit(Resource::Nofile).maximum };
    setrlimit(Resource::Nofile, limit).unwrap();
    let options = ListenOptions::default();
    assert_eq!(
        options.max_connections.get(),
        32,
        "half of the limit, because 256 descriptors cannot be spared"
    );
    let connections = options.connections.clone();
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", get(|| async { "here" }));
    let server = tokio::spawn(serve([listener], router, options, std::future::pending()));

    let socket = TcpSocket::new_v4().unwrap();
    let mut taken = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        taken.push(file);
    }
    let begun = Instant::now();
    // The operating system completes the connection, but the server cannot accept it.
    let mut peer = socket.connect(address).await.unwrap();
    peer.write_all(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await.unwrap();
    wait_until_async("three failures to accept", async || {
        assert!(!server.is_finished());
        connections.accept_failures() >= 3
    })
    .await;
    let failures = u32::try_from(connections.accept_failures()).unwrap();
    assert!(begun.elapsed() >= PAUSE * (failures - 1), "{failures} attempts without a pause");
    assert_eq!(connections.open(), 0);

    drop(taken);
    let mut answer = String::new();
    timeout(PATIENCE, peer.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.ends_with("here"), "{answer}");
}
