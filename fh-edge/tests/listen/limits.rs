//! Each limit, by a peer that runs into it.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncReadExt;

use super::support::{SHORT, Served, soon, until};

#[tokio::test]
async fn whoever_connects_and_is_silent_is_let_go() {
    let server = Served::new(|options| options.header_timeout = Some(SHORT));
    assert_eq!(server.peer().await.read_to_close().await, b"");
    until("the count", || server.connections.open() == 0).await;
}

/// A byte now and then does not extend the time.
#[tokio::test]
async fn a_head_has_its_time_from_its_first_byte_to_its_last() {
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
    // Whoever has sent nothing of a request is idle, not slow.
    idle.ask("/", "here").await;
}

#[tokio::test]
async fn idle_connections_end_and_streams_do_not() {
    let server = Served::new(|options| options.idle_timeout = Some(SHORT));
    let mut stream = server.peer().await;
    // There was something to be timed on this connection.
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
    // Once the stream has ended, its connection is as idle as any.
    server.stage.end_stream();
    stream.read_to("0\r\n\r\n").await;
    assert_eq!(stream.read_to_close().await, b"");
}

#[tokio::test]
async fn connections_go_on_after_a_request() {
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
async fn heads_may_be_so_large_and_no_larger() {
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

/// Many clients do not look at answers before they have sent everything, and forget an answer when they cannot.
#[tokio::test]
async fn whoever_sends_too_large_a_head_may_end_and_is_told_so() {
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
async fn a_head_of_ten_megabytes_is_not_kept() {
    let server = Served::new(|_| {});
    let mut peer = server.peer().await;
    let (mut read, mut write) = peer.socket.split();
    let all = format!("GET / HTTP/1.1\r\nhost: {}\r\n\r\n", "x".repeat(10_000_000));
    let writing = tokio::io::AsyncWriteExt::write_all(&mut write, all.as_bytes());
    let mut answer = Vec::new();
    let reading = read.read_to_end(&mut answer);
    let (written, _) =
        soon("the end of the connection", async { tokio::join!(writing, reading) }).await;
    written.expect_err("the server reads no further than it must");
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
async fn at_the_cap_connections_wait_and_none_is_refused() {
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
async fn whoever_does_not_read_is_dropped_and_costs_no_memory_meanwhile() {
    let server = Served::new(|options| options.write_timeout = Some(4 * SHORT));
    let mut peer = server.peer().await;
    peer.get("/flood").await;
    peer.read_to("\r\n\r\n").await;
    // Some is read, so that it is not the first write that stalls.
    peer.read_to(&".".repeat(16 * 1024)).await;
    until("the end of the body", || server.stage.floods.load(Ordering::SeqCst) == 0).await;
    until("the count", || server.connections.open() == 0).await;
    // What the system's buffers took, and a bit.
    let flooded = server.stage.flooded.load(Ordering::SeqCst);
    assert!(flooded < 32 << 20, "{flooded} bytes were made for somebody who does not read");
}

#[tokio::test]
async fn handlers_know_the_peer() {
    let server = Served::new(|_| {});
    let mut peer = server.peer().await;
    let port = peer.socket.local_addr().unwrap().port().to_string();
    assert_eq!(peer.ask("/peer", &port).await, format!("127.0.0.1:{port}"));
}
