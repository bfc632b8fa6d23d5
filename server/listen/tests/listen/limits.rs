//! Each limit, with a peer that reaches it.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::support::{SHORT, Served, soon, until};

#[tokio::test]
async fn a_silent_connection_is_closed() {
    let server = Served::new(|options| options.header_timeout = Some(SHORT));
    assert_eq!(server.peer().await.read_to_close().await, b"");
    until("the count", || server.connections.open() == 0).await;
}

/// The time limit covers the whole head. Bytes that arrive slowly do not extend it.
#[tokio::test]
async fn a_head_that_arrives_slowly_reaches_the_limit() {
    let server = Served::new(|options| options.header_timeout = Some(SHORT));
    let mut peer = server.peer().await;
    soon("the end of the connection", async {
        let mut rest = b"GET / HTTP/1.1\r\nslow: ".iter().chain(std::iter::repeat(&b'a'));
        loop {
            peer.send([*rest.next().unwrap()]).await;
            let mut byte = [0];
            let read = peer.socket.read(&mut byte);
            if let Ok(ended) = tokio::time::timeout(Duration::from_millis(3), read).await {
                return assert_eq!(ended.unwrap_or(0), 0);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_head_of_a_later_request_has_the_same_time() {
    let server = Served::new(|options| {
        options.header_timeout = Some(SHORT);
        options.idle_timeout = Some(Duration::from_secs(600));
    });
    let mut idle = server.peer().await;
    idle.ask("/", "here").await;
    let mut slow = server.peer().await;
    slow.ask("/", "here").await;
    slow.send("GET / HTTP/1.1\r\nhost: ").await;
    assert_eq!(slow.read_to_close().await, b"");
    // A connection without a started request is idle, so this limit does not apply.
    idle.ask("/", "here").await;
}

#[tokio::test]
async fn idle_connections_end_and_streams_do_not() {
    let server = Served::new(|options| options.idle_timeout = Some(SHORT));
    let mut stream = server.peer().await;
    // The first request starts the timer of this connection.
    stream.ask("/", "here").await;
    stream.get("/stream").await;
    stream.read_to("\r\n\r\n").await;
    for _ in 0..3 {
        let mut idle = server.peer().await;
        idle.ask("/", "here").await;
        assert_eq!(idle.read_to_close().await, b"");
        server.stage.send("event").await;
        stream.read_to("event").await;
    }
    // After the end of the stream, its connection is idle.
    server.stage.end_stream();
    stream.read_to("0\r\n\r\n").await;
    assert_eq!(stream.read_to_close().await, b"");
}

#[tokio::test]
async fn connections_stay_open_after_a_request() {
    let limit = Some(Duration::from_secs(60));
    let server = Served::new(|options| {
        options.header_timeout = limit;
        options.idle_timeout = limit;
        options.write_timeout = limit;
    });
    let mut peer = server.peer().await;
    for _ in 0..100 {
        peer.ask("/", "here").await;
    }
    assert_eq!(server.connections.accepted(), 1);
}

#[tokio::test]
async fn a_head_may_be_as_large_as_the_limit() {
    let head = |total: usize| {
        let start = "GET / HTTP/1.1\r\nhost: edge\r\npadding: ";
        format!("{start}{}\r\n\r\n", "x".repeat(total - start.len() - 4))
    };
    for limit in [100, 8192, 8193, 20_000] {
        let server = Served::new(|options| {
            options.max_header_bytes = NonZeroUsize::new(limit).unwrap();
        });
        let mut peer = server.peer().await;
        peer.send(head(limit)).await;
        let answer = peer.read_to("here").await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{limit}: {answer}");
        peer.send(head(limit + 1)).await;
        let answer = String::from_utf8(peer.read_to_close().await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 431 "), "{limit}: {answer}");
    }
}

/// Many clients read the answer only after they have sent everything, and lose it if sending fails.
#[tokio::test]
async fn a_client_may_finish_sending_a_too_large_head_and_gets_431() {
    let server = Served::new(|options| options.max_header_bytes = NonZeroUsize::new(8192).unwrap());
    let mut peer = server.peer().await;
    peer.send(format!("GET / HTTP/1.1\r\npadding: {}", "x".repeat(20_000))).await;
    soon("the answer", peer.socket.peek(&mut [0])).await.unwrap();
    for _ in 0..100 {
        peer.send("x".repeat(1000)).await;
    }
    peer.send("\r\n\r\n").await;
    let mut answer = Vec::new();
    soon("the answer", peer.socket.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&answer));
    drop(peer);
    until("the count", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn a_head_of_ten_megabytes_is_not_read() {
    let server = Served::new(|_| {});
    let mut peer = server.peer().await;
    let (mut read, mut write) = peer.socket.split();
    let all = format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", "x".repeat(10_000_000));
    let writing = tokio::io::AsyncWriteExt::write_all(&mut write, all.as_bytes());
    let mut answer = Vec::new();
    let reading = read.read_to_end(&mut answer);
    let (written, _) =
        soon("the end of the connection", async { tokio::join!(writing, reading) }).await;
    written.expect_err("the server read the whole head");
    if !answer.is_empty() {
        assert!(answer.starts_with(b"HTTP/1.1 431 "), "{}", String::from_utf8_lossy(&answer));
    }
    server.peer().await.ask("/", "here").await;
}

#[tokio::test]
async fn more_than_a_hundred_headers_are_too_many() {
    let server = Served::new(|_| {});
    let mut peer = server.peer().await;
    peer.send(format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(101))).await;
    let answer = String::from_utf8(peer.read_to_close().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn at_the_limit_connections_wait_and_none_is_refused() {
    let server = Served::new(|options| options.max_connections = NonZeroUsize::new(2).unwrap());
    let mut first = server.peer().await;
    assert_eq!(first.ask("/open", "1").await, "1");
    let mut second = server.peer().await;
    assert_eq!(second.ask("/open", "2").await, "2");
    let mut third = server.peer().await;
    third.get("/open").await;
    let mut fourth = server.peer().await;
    fourth.get("/open").await;
    for _ in 0..50 {
        assert_eq!(second.ask("/open", "2").await, "2");
    }
    assert_eq!(server.connections.accepted(), 2);
    drop(first);
    third.read_to("\r\n\r\n2").await;
    assert_eq!(server.connections.accepted(), 3);
    drop(second);
    fourth.read_to("\r\n\r\n2").await;
    drop((third, fourth));
    until("the count", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_dropped_and_takes_little_memory() {
    let server = Served::new(|options| options.write_timeout = Some(4 * SHORT));
    let mut peer = server.peer().await;
    peer.get("/flood").await;
    peer.read_to("\r\n\r\n").await;
    // The peer reads some data first, so that a later write stalls and not the first one.
    peer.read_to(&".".repeat(16 * 1024)).await;
    until("the end of the body", || server.stage.floods.load(Ordering::SeqCst) == 0).await;
    until("the count", || server.connections.open() == 0).await;
    // Not much more than the buffers of the operating system hold.
    let flooded = server.stage.flooded.load(Ordering::SeqCst);
    assert!(flooded < 32 << 20, "{flooded} bytes were produced for a peer that does not read");
}
