//! Tests of the addresses of clients: trusted proxies, and networks that limits count as one address.

use std::net::SocketAddr;

use fh_listen::TrustedProxies;
use fh_listen::internal::ClientNetwork;
use http::HeaderMap;

fn client(proxies: &str, peer: &str, lines: &[&str]) -> String {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append("x-forwarded-for", line.parse().unwrap());
    }
    let proxies: TrustedProxies = proxies.parse().unwrap();
    proxies.client(SocketAddr::new(peer.parse().unwrap(), 7), &headers).to_string()
}

#[test]
fn the_last_address_that_is_no_proxy_is_the_client() {
    let inner = "10.0.0.0/8,fd00::1";
    assert_eq!(client(inner, "10.1.1.1", &["203.0.113.9"]), "203.0.113.9:0");
    // Addresses that a client claims come before the one that the proxy saw.
    assert_eq!(client(inner, "10.1.1.1", &["192.0.2.1, 203.0.113.9"]), "203.0.113.9:0");
    assert_eq!(client(inner, "10.1.1.1", &["192.0.2.1, 203.0.113.9, 10.9.9.9"]), "203.0.113.9:0");
    assert_eq!(
        client(inner, "10.1.1.1", &["192.0.2.1", "203.0.113.9", "10.9.9.9"]),
        "203.0.113.9:0"
    );
    assert_eq!(client(inner, "fd00::1", &["[2001:db8::7]:443"]), "[2001:db8::7]:0");
    assert_eq!(client(inner, "fd00::1", &["[2001:db8::7]"]), "[2001:db8::7]:0");
    assert_eq!(client(inner, "10.1.1.1", &["203.0.113.9:1234"]), "203.0.113.9:0");
    assert_eq!(client(inner, "10.1.1.1", &["::ffff:203.0.113.9"]), "203.0.113.9:0");
}

/// Rules on addresses treat mapped addresses in the same way.
#[test]
fn mapped_addresses_of_ipv4_are_addresses_of_ipv4() {
    for (proxies, peer, is_trusted) in [
        ("::ffff:10.1.1.1", "10.1.1.1", true),
        ("::ffff:10.1.1.1", "::ffff:10.1.1.1", true),
        ("10.1.1.1", "::ffff:10.1.1.1", true),
        ("::ffff:10.0.0.0/104", "10.1.1.1", true),
        ("::ffff:a01:101/128", "10.1.1.1", true),
        ("::ffff:10.0.0.0/104", "11.1.1.1", false),
        ("::/0", "fd00::1", true),
    ] {
        let expected = if is_trusted { "203.0.113.9:0" } else { &format!("{peer}:7") };
        assert_eq!(client(proxies, peer, &["203.0.113.9"]), *expected, "{proxies} {peer}");
    }
}

#[test]
fn headers_of_other_peers_are_ignored() {
    assert_eq!(client("10.0.0.0/8", "192.0.2.1", &["203.0.113.9"]), "192.0.2.1:7");
    assert_eq!(client("", "10.1.1.1", &["203.0.113.9"]), "10.1.1.1:7");
    assert_eq!(client("10.0.0.0/8", "10.1.1.1", &[]), "10.1.1.1:7");
    assert_eq!(client("10.0.0.0/8", "10.1.1.1", &["203.0.113.9, unknown"]), "10.1.1.1:7");
    assert_eq!(client("10.0.0.0/8", "10.1.1.1", &["x, 10.2.2.2"]), "10.2.2.2:0");
    for broken in ["[2001:db8::7]junk", "[2001:db8::7", "[203.0.113.9]", "[2001:db8::7]:x"] {
        assert_eq!(client("10.0.0.0/8", "10.1.1.1", &[broken]), "10.1.1.1:7", "{broken}");
    }
    for wrong in ["10.0.0.0/33", "localhost", "10.0.0", "::ffff:10.0.0.0/8"] {
        let error = wrong.parse::<TrustedProxies>().unwrap_err();
        assert!(error.to_string().contains(wrong));
    }
}

fn network(text: &str) -> ClientNetwork {
    ClientNetwork::of(text.parse().unwrap())
}

#[test]
fn networks_of_ipv6_and_addresses_of_ipv4() {
    assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:ffff:ffff:ffff"));
    assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
    assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
    assert_ne!(network("::ffff:192.0.2.1"), network("::ffff:192.0.2.2"));
}
