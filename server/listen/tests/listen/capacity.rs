//! Connections beyond the limits, and connections reserved for health checks.

use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use fh_listen::{ListenOptions, PerAddress};

use super::support::{Peer, Served, soon, until};
use super::tls::{self, Files};

fn most(count: usize) -> impl FnOnce(&mut ListenOptions) {
    move |options| options.max_connections = NonZeroUsize::new(count).unwrap()
}

/// Sends a health check on a new connection, and returns the complete response.
async fn probe(server: &Served) -> String {
    let mut peer = server.peer().await;
    peer.get("/").await;
    String::from_utf8(peer.read_to_close().await).unwrap()
}

#[tokio::test]
async fn at_the_limit_health_checks_are_answered() {
    let server = Served::with_probes(None, most(2));
    let mut first = server.peer().await;
    first.ask("/open", "1").await;
    let mut second = server.peer().await;
    second.ask("/open", "2").await;
    // Reserved connections close after the answer. If they stayed open, as usual in HTTP/1.1, a few checks would take all of them.
    for _ in 0..40 {
        let answer = probe(&server).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("here"), "{answer}");
    }
    let (one, two, three) = tokio::join!(probe(&server), probe(&server), probe(&server));
    assert!([one, two, three].iter().all(|answer| answer.ends_with("here")));
    // For other requests the connection is closed without an answer.
    let refused = server.connections.refused();
    let mut other = server.peer().await;
    other.get("/open").await;
    assert_eq!(other.read_to_close().await, b"");
    assert_eq!(server.connections.refused(), refused + 1);
    let mut post = server.peer().await;
    post.send("PUT / HTTP/1.1\r\nhost: edge\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(post.read_to_close().await, b"");
    // The first two connections are not affected.
    first.ask("/open", "2").await;
    second.ask("/", "here").await;
}

/// This limit applies even if no other time limit is set.
#[tokio::test]
async fn a_reserved_connection_has_a_short_time_limit_for_its_head() {
    let server = Served::with_probes(None, most(1));
    let mut first = server.peer().await;
    first.ask("/open", "1").await;
    assert_eq!(server.peer().await.read_to_close().await, b"");
    let mut slow = server.peer().await;
    slow.send("GET / HTTP/1.1\r\nhost: ").await;
    assert_eq!(slow.read_to_close().await, b"");
    // More connections than one address may have: they are closed, and after that there is room again.
    let mut silent = Vec::new();
    for _ in 0..16 {
        silent.push(server.peer().await);
    }
    for peer in &mut silent {
        assert_eq!(peer.read_to_close().await, b"");
    }
    assert!(probe(&server).await.ends_with("here"));
    until("the count", || server.connections.open() == 1).await;
}

/// A client that connected at the limit is served if there is room when its request arrives.
#[tokio::test]
async fn a_reserved_connection_becomes_a_regular_one_when_there_is_room() {
    let server = Served::with_probes(None, most(1));
    let mut first = server.peer().await;
    first.ask("/open", "1").await;
    let mut next = server.peer().await;
    until("the next one", || server.connections.open() == 2).await;
    drop(first);
    until("room", || server.connections.open() == 1).await;
    for _ in 0..3 {
        next.ask("/open", "1").await;
    }
    // It is a regular connection now, so there is no room left.
    let mut other = server.peer().await;
    other.get("/open").await;
    assert_eq!(other.read_to_close().await, b"");
}

#[tokio::test]
async fn health_over_tls_and_http_2_at_the_limit() {
    let files = Files::new();
    let server = Served::with_probes(Some(files.tls()), most(1));
    let mut first = Peer::new(files.connect(&server, &[]).await);
    first.ask("/open", "1").await;
    for _ in 0..5 {
        let (mut sender, ended) = tls::http2(&files, &server).await;
        let answer = soon("the answer", sender.send_request(tls::request("/"))).await.unwrap();
        assert_eq!(answer.status(), 200);
        drop(answer);
        let _ = soon("the end of the connection", ended).await;
    }
    let (mut sender, ended) = tls::http2(&files, &server).await;
    soon("a refusal", sender.send_request(tls::request("/open"))).await.unwrap_err();
    let _ = soon("the end of the connection", ended).await;
    // A handshake has the same time limit as a head.
    assert_eq!(server.peer().await.read_to_close().await, b"");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn one_address_takes_at_most_a_quarter_of_the_connections() {
    for (proxies, limited) in [("", true), ("127.0.0.1", false), ("127.0.0.0/30", false)] {
        let server = Served::with_probes(None, |options| {
            options.max_connections = NonZeroUsize::new(8).unwrap();
            options.max_connections_per_address = PerAddress::Quarter;
            options.proxies = proxies.parse().unwrap();
        });
        let mut mine = Vec::new();
        for _ in 0..2 {
            let mut peer = server.peer().await;
            peer.ask("/", "here").await;
            mine.push(peer);
        }
        let mut third = server.peer().await;
        if limited {
            third.get("/open").await;
            assert_eq!(third.read_to_close().await, b"");
            assert!(probe(&server).await.ends_with("here"), "health checks are still answered");
        } else {
            third.ask("/open", "3").await;
        }
        // Other addresses can still connect.
        for last in 2..=4 {
            server.peer_from([127, 0, 0, last]).await.ask("/", "here").await;
        }
        drop((mine, third));
        until("the count", || server.connections.open() == 0).await;
        server.peer().await.ask("/open", "1").await;
    }
}

/// A quarter of three connections counts as one.
#[tokio::test]
async fn one_address_may_always_have_one_connection() {
    let server = Served::new(|options| {
        options.max_connections = NonZeroUsize::new(3).unwrap();
        options.max_connections_per_address = PerAddress::Quarter;
    });
    server.peer().await.ask("/open", "1").await;
}

#[tokio::test]
async fn without_probes_nothing_is_reserved() {
    let server = Served::new(|options| {
        options.max_connections_per_address = PerAddress::Most(NonZeroUsize::MIN);
        options.idle_timeout = Some(Duration::from_secs(600));
    });
    let mut first = server.peer().await;
    first.ask("/", "here").await;
    let mut second = server.peer().await;
    assert_eq!(second.read_to_close().await, b"");
    assert_eq!(server.connections.refused(), 1);
    first.get("/hold").await;
    until("the request", || server.stage.held.load(Ordering::SeqCst) == 1).await;
}
