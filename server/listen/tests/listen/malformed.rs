//! Bytes that are not HTTP, and old versions of HTTP.

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt;

use super::support::{SHORT, Served, soon, until};

static PANICS: AtomicUsize = AtomicUsize::new(0);

fn count_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            before(panic);
        }));
    });
}

/// Requests that get a status 4xx or no answer, after which the connection ends.
const REFUSED: &[(&str, &[u8])] = &[
    ("NUL in the path", b"GET /\0 HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("NUL in a header", b"GET / HTTP/1.1\r\nhost: a\0b\r\n\r\n"),
    ("NUL in a header's name", b"GET / HTTP/1.1\r\nho\0st: a\r\n\r\n"),
    ("nothing but NUL", &[0; 4096]),
    ("path that is not UTF-8", b"GET /\xff\xfe HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("method that is not UTF-8", b"\xff\xfe / HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("no path", b"GET HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("space in the path", b"GET /a b HTTP/1.1\r\nhost: a\r\n\r\n"),
    ("unknown version", b"GET / HTTP/3.7\r\nhost: a\r\n\r\n"),
    ("version 0.9", b"GET /\r\n\r\n"),
    ("unfinished", b"GET / HTTP/1.1\r\nhost: a"),
    ("space before the colon", b"GET / HTTP/1.1\r\nhost : a\r\n\r\n"),
    ("header without a colon", b"GET / HTTP/1.1\r\nhost\r\n\r\n"),
    ("folded header", b"GET / HTTP/1.1\r\nhost: a\r\n b\r\n\r\n"),
    ("CR within a header", b"GET / HTTP/1.1\r\nhost: a\rb\r\n\r\n"),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    ("SSH", b"SSH-2.0-OpenSSH_9.7\r\n"),
    ("two lengths", b"PUT /echo HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"),
    ("length of letters", b"PUT /echo HTTP/1.1\r\ncontent-length: ab\r\n\r\nab"),
    ("length below zero", b"PUT /echo HTTP/1.1\r\ncontent-length: -2\r\n\r\nab"),
    ("length with a plus", b"PUT /echo HTTP/1.1\r\ncontent-length: +2\r\n\r\nab"),
    (
        "length beyond numbers",
        b"PUT /echo HTTP/1.1\r\ncontent-length: 99999999999999999999\r\n\r\na",
    ),
    ("unknown coding", b"PUT /echo HTTP/1.1\r\ntransfer-encoding: snappy\r\n\r\nab"),
    (
        "chunk of letters",
        b"PUT /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\nab\r\n0\r\n\r\n",
    ),
    (
        "chunk beyond numbers",
        b"PUT /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nab",
    ),
    (
        "chunk that is longer",
        b"PUT /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n",
    ),
];

#[tokio::test]
async fn bytes_that_are_not_http_are_refused_without_further_effect() {
    count_panics();
    let server = Served::new(|options| options.header_timeout = Some(SHORT));
    for (what, bytes) in REFUSED {
        let mut peer = server.peer().await;
        peer.send(bytes).await;
        let answer = String::from_utf8(peer.read_to_close().await).unwrap();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{what}: {answer}");
        assert!(!answer.get(1..).unwrap_or_default().contains("HTTP/1.1"), "{what}: {answer}");
        server.peer().await.ask("/", "here").await;
    }
    assert_eq!(PANICS.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn requests_may_be_pipelined() {
    let server = Served::new(|_| {});
    let mut peer = server.peer().await;
    peer.send("GET / HTTP/1.1\r\nhost: a\r\n\r\n".repeat(20)).await;
    for _ in 0..20 {
        peer.read_to("here").await;
    }
}

/// Simple health checks close their side of the connection at once.
#[tokio::test]
async fn a_peer_that_closes_its_side_is_answered() {
    let server = Served::new(|_| {});
    for (head, answer) in [
        ("GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 200 "),
        ("GET / HTTP/1.0\r\nconnection: keep-alive\r\n\r\n", "HTTP/1.0 200 "),
        ("GET / HTTP/1.1\r\nhost: a\r\n\r\n", "HTTP/1.1 200 "),
        ("PUT /echo HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\n\r\nhere", "HTTP/1.1 200 "),
    ] {
        // The end may arrive with the head, after it, or while the request is being answered.
        for _ in 0..20 {
            let mut peer = server.peer().await;
            peer.send(head).await;
            soon("the end of its side", peer.socket.shutdown()).await.unwrap();
            let text = String::from_utf8(peer.read_to_close().await).unwrap();
            assert!(text.starts_with(answer) && text.ends_with("here"), "{head}: {text}");
        }
    }
    let mut peer = server.peer().await;
    peer.send("GET /hold HTTP/1.0\r\n\r\n").await;
    soon("the end of its side", peer.socket.shutdown()).await.unwrap();
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
    server.stage.release.notify_one();
    let text = String::from_utf8(peer.read_to_close().await).unwrap();
    assert!(text.ends_with("held"), "{text}");
    until("the count", || server.connections.open() == 0).await;
}

/// The peer may be gone, so neither a stream nor a long request continues for it.
#[tokio::test]
async fn a_peer_that_closes_its_side_ends_streams_and_long_requests() {
    let server = Served::new(|_| {});
    for path in ["/stream", "/hold"] {
        let mut peer = server.peer().await;
        peer.get(path).await;
        if path == "/stream" {
            peer.read_to("\r\n\r\n").await;
        }
        soon("the end of its side", peer.socket.shutdown()).await.unwrap();
        assert!(!String::from_utf8(peer.read_to_close().await).unwrap().contains("held"));
        until("the count", || server.connections.open() == 0).await;
    }
}
