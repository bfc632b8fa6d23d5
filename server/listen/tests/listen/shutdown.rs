//! Graceful and abrupt shutdown.

use std::sync::atomic::Ordering;

use tokio::net::TcpStream;

use super::support::{SHORT, Served, until};

#[tokio::test]
async fn requests_in_flight_finish_and_no_others_are_accepted() {
    let mut server = Served::new(|_| {});
    let mut idle = server.peer().await;
    idle.ask("/", "here").await;
    let mut fresh = server.peer().await;
    let mut busy = server.peer().await;
    busy.get("/hold").await;
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
    server.shut_down();
    assert_eq!(idle.read_to_close().await, b"");
    assert_eq!(fresh.read_to_close().await, b"");
    TcpStream::connect(server.address).await.expect_err("the socket is closed");
    server.stage.release.notify_one();
    let answer = String::from_utf8(busy.read_to_close().await).unwrap();
    assert!(answer.ends_with("held"), "{answer}");
    assert_eq!(server.stopped().await.cut, 0);
}

#[tokio::test]
async fn streams_end_when_the_handler_ends_them() {
    let mut server = Served::new(|_| {});
    let mut stream = server.peer().await;
    stream.get("/stream").await;
    stream.read_to("\r\n\r\n").await;
    server.shut_down();
    server.stage.send("bye").await;
    stream.read_to("bye").await;
    server.stage.end_stream();
    assert_eq!(stream.read_to_close().await, b"\r\n0\r\n\r\n");
    assert_eq!(server.stopped().await.cut, 0);
}

#[tokio::test]
async fn after_the_grace_period_connections_are_cut() {
    let mut server = Served::new(|options| options.grace = SHORT);
    let mut stream = server.peer().await;
    stream.get("/stream").await;
    stream.read_to("\r\n\r\n").await;
    let mut busy = server.peer().await;
    busy.get("/hold").await;
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
    server.shut_down();
    assert_eq!(stream.read_to_close().await, b"");
    assert_eq!(busy.read_to_close().await, b"");
    assert_eq!(server.stopped().await.cut, 2);
}

#[tokio::test]
async fn dropping_the_server_cuts_its_connections() {
    let server = Served::new(|_| {});
    let mut stream = server.peer().await;
    stream.get("/stream").await;
    stream.read_to("\r\n\r\n").await;
    server.task.abort();
    assert_eq!(stream.read_to_close().await, b"");
    until("the count", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn a_server_needs_a_socket() {
    let shutdown = std::future::pending();
    let router = axum::Router::new();
    let error = fh_listen::serve([], router, Default::default(), shutdown).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no socket to listen at");
}
