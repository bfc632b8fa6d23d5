//! Handwritten HTTP/2, for peers that behave as no client library does.

use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::support::{SHORT, Served, soon, until};
use super::tls::Files;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

const REFUSED_STREAM: u32 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Returns the header fields of a GET, without compression.
fn get(path: &str) -> Vec<u8> {
    let mut fields = vec![0x82, 0x87]; // :method GET, :scheme https
    for (name, value) in [(1, "localhost"), (4, path)] {
        fields.extend([name, u8::try_from(value.len()).unwrap()]);
        fields.extend(value.as_bytes());
    }
    fields
}

/// Returns a GET as the stream with this odd number.
fn asks(stream: u32, path: &str) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &get(path))
}

struct Raw(TlsStream<TcpStream>);

impl Raw {
    async fn connect(files: &Files, server: &Served) -> Self {
        let mut this = Self(files.connect(server, &[b"h2"]).await);
        this.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        this.send(frame(SETTINGS, 0, 0, &[])).await;
        this
    }

    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon("writing", self.0.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Returns the kind, the stream and the payload of the next frame; `None` at the end of the connection.
    async fn next(&mut self) -> Option<(u8, u32, Vec<u8>)> {
        soon("a frame", async {
            let mut head = [0; 9];
            self.0.read_exact(&mut head).await.ok()?;
            let [a, b, c, kind, _, stream @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.0.read_exact(&mut payload).await.ok()?;
            Some((kind, u32::from_be_bytes(stream), payload))
        })
        .await
    }

    /// Returns the stream and the error code of the first frame of this kind.
    async fn code_of(&mut self, wanted: u8) -> (u32, u32) {
        loop {
            let (kind, stream, payload) = self.next().await.expect("such a frame");
            if kind == wanted {
                let at = if kind == GOAWAY { 4 } else { 0 };
                let code = payload[at..at + 4].try_into().unwrap();
                return (stream, u32::from_be_bytes(code));
            }
        }
    }

    /// Returns the next frame other than a ping, and answers pings.
    async fn next_answering(&mut self) -> (u8, u32, Vec<u8>) {
        const ACK: u8 = 1;
        loop {
            let (kind, stream, payload) = self.next().await.expect("a frame");
            if kind != PING {
                return (kind, stream, payload);
            }
            self.send(frame(PING, ACK, 0, &payload)).await;
        }
    }

    /// Returns the stream and the error code of the first frame of this kind, and answers pings.
    async fn code_of_answering(&mut self, wanted: u8) -> (u32, u32) {
        // Pings arrive all the time, so a time limit for each frame would have no effect.
        soon("such a frame", async {
            loop {
                let (kind, stream, payload) = self.next_answering().await;
                if kind == wanted {
                    let code = payload.first_chunk().map_or(0, |code| u32::from_be_bytes(*code));
                    return (stream, code);
                }
            }
        })
        .await
    }

    async fn ends(&mut self) {
        while self.next().await.is_some() {}
    }
}

#[tokio::test]
async fn no_more_requests_at_a_time_than_are_allowed() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| options.max_http2_requests = 2);
    let mut peer = Raw::connect(&files, &server).await;
    for stream in [1, 3, 5] {
        peer.send(asks(stream, "/hold")).await;
    }
    assert_eq!(peer.code_of(RST_STREAM).await, (5, REFUSED_STREAM));
    until("the others", || server.stage.held.load(Ordering::SeqCst) == 2).await;
}

/// Sending and cancelling requests costs the server more than the client (rapid reset).
#[tokio::test]
async fn a_peer_that_cancels_many_requests_is_disconnected() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |_| {});
    let mut peer = Raw::connect(&files, &server).await;
    let cancel = 8_u32.to_be_bytes();
    let pair = |stream| [asks(stream, "/hold"), frame(RST_STREAM, 0, stream, &cancel)].concat();
    peer.send((0..500).flat_map(|number| pair(2 * number + 1)).collect::<Vec<u8>>()).await;
    assert_eq!(peer.code_of(GOAWAY).await.1, ENHANCE_YOUR_CALM);
    peer.ends().await;
    until("the count", || server.connections.open() == 0).await;
}

/// An endless head is not stored.
#[tokio::test]
async fn an_endless_head_is_not_stored() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |_| {});
    let mut peer = Raw::connect(&files, &server).await;
    peer.send(frame(HEADERS, END_STREAM, 1, &get("/"))).await;
    // A field that is added to the compression table each time, although it is too large for the table.
    let mut field = vec![0x00, 1, b'x', 0x7f, 0x80, 0x40];
    field.resize(field.len() + 127 + 64 * 128, b'y');
    let part = frame(CONTINUATION, 0, 1, &field);
    let mut sent = 0;
    while sent < 64 << 20 && peer.0.write_all(&part).await.is_ok() {
        sent += part.len();
    }
    assert!(sent < 64 << 20, "{sent} bytes of a head were taken");
    until("the count", || server.connections.open() == 0).await;
}

#[tokio::test]
async fn a_head_may_be_as_large_as_the_limit() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| {
        options.max_header_bytes = (64 << 10).try_into().unwrap();
    });
    for (bytes, status) in [(40 << 10, 200), (80 << 10, 431)] {
        let (mut sender, _ended) = super::tls::http2(&files, &server).await;
        let mut request = super::tls::request("/");
        request.headers_mut().insert("large", "x".repeat(bytes).parse().unwrap());
        let answer = soon("the answer", sender.send_request(request)).await.unwrap();
        assert_eq!(answer.status(), status, "{bytes} bytes");
    }
}

/// The server writes the answer to a ping before it reads the next one.
#[tokio::test]
async fn a_peer_that_sends_pings_and_does_not_read_is_dropped() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| options.write_timeout = Some(4 * SHORT));
    let mut peer = Raw::connect(&files, &server).await;
    let pings = frame(PING, 0, 0, &[7; 8]).repeat(1000);
    soon("the end of the connection", async { while peer.0.write_all(&pings).await.is_ok() {} })
        .await;
    until("the count", || server.connections.open() == 0).await;
}

/// The TCP connection and a request are open, but the peer does not answer any more.
#[tokio::test]
async fn a_peer_that_answers_no_ping_is_dropped() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| {
        options.write_timeout = Some(4 * SHORT);
        options.idle_timeout = Some(Duration::from_secs(600));
    });
    let mut peer = Raw::connect(&files, &server).await;
    peer.send(asks(1, "/hold")).await;
    peer.ends().await;
    until("the count", || server.connections.open() == 0).await;
}

/// The server announces the end, because a client may be sending a request at that moment.
#[tokio::test]
async fn an_idle_peer_gets_goaway_before_the_connection_ends() {
    let files = Files::new();
    let server = Served::secure(files.tls(), |options| options.idle_timeout = Some(SHORT));
    let mut peer = Raw::connect(&files, &server).await;
    assert_eq!(peer.code_of(GOAWAY).await, (0, 0));
    // This peer does not acknowledge it.
    peer.ends().await;
    until("the count", || server.connections.open() == 0).await;

    // A request crosses the announcement.
    let mut peer = Raw::connect(&files, &server).await;
    assert_eq!(peer.code_of(GOAWAY).await, (0, 0));
    peer.send(asks(1, "/hold")).await;
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
    // A later connection without a request has ended already, so only the request keeps this one open.
    let mut later = Raw::connect(&files, &server).await;
    assert_eq!(later.code_of(GOAWAY).await, (0, 0));
    later.ends().await;
    server.stage.release.notify_one();
    assert_eq!(peer.code_of(HEADERS).await.0, 1);
    peer.ends().await;
}

/// The peer answers pings, but reads nothing of its streams.
#[tokio::test]
async fn a_stream_without_a_window_is_reset_and_its_connection_stays_open() {
    const CANCEL: u32 = 8;
    const INITIAL_WINDOW: u16 = 4;
    let window = |size: u32| {
        let setting = [&INITIAL_WINDOW.to_be_bytes()[..], &size.to_be_bytes()].concat();
        frame(SETTINGS, 0, 0, &setting)
    };
    let files = Files::new();
    // The window admits no bytes or three bytes of an answer; then a stream with an event, and an endless body.
    for (size, path) in [(0, "/"), (3, "/"), (0, "/stream"), (0, "/flood")] {
        let server = Served::secure(files.tls(), |options| options.write_timeout = Some(4 * SHORT));
        let mut peer = Raw::connect(&files, &server).await;
        peer.send(window(size)).await;
        let asked = if path == "/stream" { 1 } else { 3 };
        for stream in 0..asked {
            peer.send(asks(2 * stream + 1, path)).await;
        }
        if path == "/stream" {
            assert_eq!(peer.code_of_answering(HEADERS).await.0, 1);
            server.stage.send("event").await;
        }
        let mut reset = Vec::new();
        for _ in 0..asked {
            let (stream, code) = peer.code_of_answering(RST_STREAM).await;
            assert_eq!(code, CANCEL, "{path}");
            reset.push(stream);
        }
        reset.sort_unstable();
        assert_eq!(reset, (0..asked).map(|stream| 2 * stream + 1).collect::<Vec<u32>>());
        // With a window, the same connection is answered.
        peer.send(window(65_535)).await;
        peer.send(asks(101, "/")).await;
        let mut body = Vec::new();
        soon("the answer", async {
            while !body.ends_with(b"here") {
                let (kind, stream, payload) = peer.next_answering().await;
                if (kind, stream) == (DATA, 101) {
                    body.extend(payload);
                }
            }
        })
        .await;
    }
}
