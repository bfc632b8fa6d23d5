//! Peers that are proxies. Each proxy has a loopback address of its own, which names its lines in the log.

use std::num::NonZeroUsize;

use fh_listen::{AccessLog, ListenOptions, PerAddress, ProxyProtocol};
use fh_test::Log;

use super::access::Entries;
use super::support::{Peer, SHORT, Served, until};
use super::tls::Files;

#[tokio::test]
async fn one_warning_names_a_proxy_on_this_machine_that_is_not_trusted() {
    let log = Log::capture();
    for (peer, trusted, header, warnings) in [
        (11, "", "accept: */*", 0),
        (12, "", "Forwarded: for=203.0.113.9", 1),
        (13, "", "X-Forwarded-For: 203.0.113.9", 1),
        (14, "", "x-forwarded-proto: https", 1),
        (15, "", "via: 1.1 edge", 1),
        (16, "127.0.0.1", "x-real-ip: 203.0.113.9", 1),
        (17, "127.0.0.0/8", "x-forwarded-for: 203.0.113.9", 0),
    ] {
        let server = Served::new(|options| options.proxies = trusted.parse().unwrap());
        for _ in 0..3 {
            let mut proxy = server.peer_from([127, 0, 0, peer]).await;
            proxy.send(format!("GET / HTTP/1.1\r\nhost: a\r\n{header}\r\n\r\n")).await;
            proxy.read_to("here").await;
        }
        let text = format!("start with --trusted-proxies 127.0.0.{peer} ");
        let lines = log.text().lines().filter(|line| format!("{line} ").contains(&text)).count();
        assert_eq!(lines, warnings, "{trusted} {header}");
    }
}

const HEADER: &[u8] = b"PROXY TCP4 203.0.113.9 10.0.0.1 1234 443\r\n";

fn required(options: &mut ListenOptions) {
    options.proxies = "127.0.0.1".parse().unwrap();
    options.proxy_protocol = ProxyProtocol::Required;
}

/// Returns the number of log lines with both texts.
fn lines(log: &Log, one: &str, other: &str) -> usize {
    log.text().lines().filter(|line| line.contains(one) && line.contains(other)).count()
}

#[tokio::test]
async fn a_header_of_the_proxy_protocol_names_the_peer() {
    let files = Files::new();
    for (header, client) in [
        (HEADER, "203.0.113.9:1234"),
        (b"PROXY TCP6 ::ffff:203.0.113.9 ::1 1234 443\r\n", "203.0.113.9:1234"),
        (b"PROXY TCP4 127.0.0.1 127.0.0.1 1234 443\r\n", "127.0.0.1:1234"),
        (b"PROXY UNKNOWN\r\n", ""),
        (b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", ""),
        (
            b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x09\x0a\0\0\x01\x04\xd2\x01\xbb",
            "203.0.113.9:1234",
        ),
    ] {
        for tls in [None, Some(files.tls())] {
            let entries = Entries::default();
            let log = AccessLog::new("127.0.0.1".parse().unwrap(), entries.clone());
            let is_secure = tls.is_some();
            let change = |options: &mut ListenOptions| {
                required(options);
                options.access_log = Some(log);
            };
            let server = match tls {
                None => Served::new(change),
                Some(tls) => Served::secure(tls, change),
            };
            let mut peer = server.peer().await;
            let own = peer.socket.local_addr().unwrap().to_string();
            let client = if client.is_empty() { &own } else { client };
            peer.send(header).await;
            let end = " through a proxy";
            let answer = match is_secure {
                false => peer.ask("/peer", end).await,
                true => Peer::new(files.connect_by(peer.socket, &[]).await).ask("/peer", end).await,
            };
            assert_eq!(answer, format!("{client}{end}"), "{header:?}");
            let logged = entries.only().await.client.to_string();
            assert_eq!(client.rsplit_once(':').unwrap().0, logged, "{header:?}");
        }
    }
}

#[tokio::test]
async fn limits_per_address_count_the_clients_that_headers_name() {
    let server = Served::new(|options| {
        required(options);
        options.max_connections_per_address = PerAddress::Most(NonZeroUsize::new(2).unwrap());
    });
    let from = async |client: u8| {
        let mut peer = server.peer().await;
        peer.send(format!("PROXY TCP4 203.0.113.{client} 10.0.0.1 1 443\r\n")).await;
        peer.get("/").await;
        peer
    };
    for _ in 0..2 {
        let mut open = Vec::new();
        for client in [1, 1, 2, 2, 3] {
            let mut peer = from(client).await;
            peer.read_to("here").await;
            open.push(peer);
        }
        let refused = server.connections.refused();
        assert_eq!(from(1).await.read_to_close().await, b"");
        assert_eq!(server.connections.refused(), refused + 1);
        drop(open);
        until("the count", || server.connections.open() == 0).await;
    }
}

#[tokio::test]
async fn a_trusted_proxy_must_send_its_header_in_time() {
    let log = Log::capture();
    let server = Served::new(|options| {
        required(options);
        options.proxies = "127.0.0.31".parse().unwrap();
        options.header_timeout = Some(SHORT);
    });
    for bytes in [b"GET / HTTP/1.1\r\nhost: a\r\n\r\n", b"".as_slice(), &HEADER[..20]] {
        let mut proxy = server.peer_from([127, 0, 0, 31]).await;
        proxy.send(bytes).await;
        assert_eq!(proxy.read_to_close().await, b"");
    }
    assert_eq!(lines(&log, "does not begin with a header of the PROXY protocol", "127.0.0.31"), 1);
    // Other peers have no header.
    let mut other = server.peer_from([127, 0, 0, 32]).await;
    other.ask("/", "here").await;
    // At the shutdown, a header is not awaited.
    let mut server = Served::new(required);
    let _proxy = server.peer().await;
    until("the connection", || server.connections.open() == 1).await;
    server.shut_down();
    assert_eq!(server.stopped().await.cut, 0);
}

#[tokio::test]
async fn an_error_names_the_setting_for_a_header_that_is_not_read() {
    let log = Log::capture();
    let files = Files::new();
    for (peer, tls, change) in [
        (41, None, (|_| {}) as fn(&mut ListenOptions)),
        (42, Some(files.tls()), |_| {}),
        (43, None, required),
        (44, Some(files.tls()), required),
    ] {
        let server = match tls {
            None => Served::new(change),
            Some(tls) => Served::secure(tls, change),
        };
        for _ in 0..2 {
            let mut proxy = server.peer_from([127, 0, 0, peer]).await;
            proxy.send(HEADER).await;
            proxy.get("/").await;
            let answer = proxy.read_to_close().await;
            assert!(!answer.starts_with(b"HTTP/1.1 2"), "{peer}");
        }
        assert_eq!(
            lines(&log, "only with --proxy-protocol", &format!("127.0.0.{peer}:")),
            1,
            "{peer}"
        );
    }
}
