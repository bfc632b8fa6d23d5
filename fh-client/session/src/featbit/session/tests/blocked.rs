//! Tests of a client that polls because sockets do not work.

use super::test_driver::Kind;
use super::*;

/// Lets sockets fail until the client polls.
fn blocked() -> TestDriver {
    let mut driver = TestDriver::streaming();
    for _ in 0..2 {
        driver.head(404);
        driver.come_back();
    }
    driver.head(404);
    driver
}

#[test]
fn polls_every_30_seconds_until_a_socket_is_due() {
    let mut driver = blocked();
    let since = driver.now;
    let mut expected = Kind::Poll(None);
    let mut polls = 0;
    while driver.kind() != Kind::Socket {
        assert_eq!(driver.kind(), expected);
        // The interval begins at the end of a poll.
        driver.now += 3_000;
        driver.answer(200, &full(&[flag("a", 10, "x")]));
        assert_eq!(driver.status().readiness, Readiness::Ready);
        assert_eq!(driver.problem(), Some(Problem::SocketsBlocked(None)));
        assert_eq!(driver.status().connection, Connection::Resting);
        let passed = driver.come_back();
        assert!(passed == 30_000 || driver.kind() == Kind::Socket, "{passed}");
        expected = Kind::Poll(Some(10));
        polls += 1;
    }
    assert_eq!((driver.now - since, polls), (600_000, 19));
    assert_eq!(driver.notices, [Notice::SocketsBlocked], "once");

    // Sockets are still blocked: one attempt is enough to know.
    driver.head(404);
    driver.come_back();
    assert_eq!(driver.kind(), Kind::Poll(Some(10)));
    driver.answer(200, "");
    let since = driver.now;
    while driver.kind() != Kind::Socket {
        driver.come_back();
        if driver.kind() != Kind::Socket {
            driver.answer(200, "");
        }
    }
    assert!((599_000..=601_000).contains(&(driver.now - since)), "{}", driver.now - since);
    assert_eq!(driver.notices.len(), 1);

    // Now they work.
    driver.open();
    assert_eq!(driver.asked(), 10);
    driver.say(&patch(&[]));
    assert_eq!((driver.problem(), driver.status().connection), (None, Connection::Streaming));
    // If they are blocked later, the client says so again.
    driver.end(End::Broken("reset"));
    for _ in 0..3 {
        driver.come_back();
        driver.head(404);
    }
    driver.come_back();
    driver.answer(200, "");
    assert_eq!(driver.notices.len(), 2);
}

#[test]
fn a_poll_that_fails_leads_back_to_a_socket() {
    type Fails = fn(&mut TestDriver);
    let rows: [(&str, Fails, u64); 6] = [
        ("500", |driver| driver.answer(500, ""), 4_000),
        ("reset", |driver| driver.end(End::Broken("reset")), 4_000),
        ("refused", |driver| driver.end(End::Unreached("refused")), 4_000),
        ("silent", |driver| assert_eq!(driver.wait(), 12_000), 4_000),
        ("not JSON", |driver| driver.answer(200, "<html>"), 4_000),
        ("401", |driver| driver.answer(401, ""), 60_000),
    ];
    for (name, fails, expected) in rows {
        let mut driver = blocked();
        fails(&mut driver);
        assert_eq!(driver.come_back(), expected, "{name}");
        assert_eq!(driver.kind(), Kind::Socket, "{name}");
        assert!(driver.notices.is_empty(), "no poll has shown that only sockets fail: {name}");
    }
    // A client with flags does not wait for the interval either.
    let mut driver = blocked();
    driver.answer(200, FULL);
    driver.come_back();
    driver.answer(503, "");
    assert_eq!(driver.come_back(), 1_000);
    assert_eq!(driver.kind(), Kind::Socket);
    driver.end(End::Unreached("refused"));
    assert_eq!(driver.come_back(), 2_000);
    assert_eq!(driver.kind(), Kind::Socket, "the server is away, which says nothing about sockets");
    driver.head(404);
    driver.come_back();
    assert_eq!(driver.kind(), Kind::Poll(Some(0)));
}

#[test]
fn a_poll_shows_whether_only_sockets_fail_or_the_server_is_away() {
    type Fails = fn(&mut TestDriver);
    let rows: [(&str, Fails); 5] = [
        ("500", |driver| driver.head(500)),
        ("502", |driver| driver.head(502)),
        ("503", |driver| driver.head(503)),
        ("an unknown host", |driver| driver.end(End::Unreached("unknown"))),
        ("no TLS", |driver| driver.end(End::Tls("no common protocol"))),
    ];
    for (name, fails) in rows {
        // Only sockets fail.
        let mut driver = TestDriver::streaming();
        for _ in 0..3 {
            assert_eq!(driver.kind(), Kind::Socket, "{name}");
            fails(&mut driver);
            driver.come_back();
        }
        assert_eq!(driver.kind(), Kind::Poll(None), "{name}");
        driver.answer(200, FULL);
        assert_eq!(driver.status().readiness, Readiness::Ready, "{name}");
        // The server may have come back meanwhile.
        driver.come_back();
        assert_eq!(driver.kind(), Kind::Socket, "{name}");
        fails(&mut driver);
        for _ in 0..3 {
            driver.come_back();
            assert!(matches!(driver.kind(), Kind::Poll(Some(_))), "{name}");
            driver.answer(200, "");
            assert_eq!(driver.problem(), Some(Problem::SocketsBlocked(None)), "{name}");
        }
        assert_eq!(driver.notices, [Notice::SocketsBlocked], "{name}");

        // The server is away: each fourth request is a poll, at the times of sockets.
        let mut driver = TestDriver::streaming();
        let mut waits = Vec::new();
        for at in 0..12 {
            if at % 4 == 3 {
                driver.answer([503, 404, 401][at / 4], "");
            } else {
                fails(&mut driver);
            }
            waits.push(driver.come_back());
        }
        assert_eq!(waits[..5], [1_000, 2_000, 4_000, 8_000, 16_000], "{name}");
        assert!(waits[5..].iter().all(|wait| *wait == 30_000), "{name}: {waits:?}");
        assert_eq!(driver.kind(), Kind::Socket, "{name}");
        driver.open();
        driver.say(FULL);
        assert_eq!((driver.problem(), driver.notices.len()), (None, 0), "{name}");
    }
}

#[test]
fn a_proxy_that_refuses_tunnels_leads_to_polls_at_once_and_is_named() {
    let refused = || End::NoTunnel("the proxy p:3128 refuses");
    let mut driver = TestDriver::streaming();
    driver.end(refused());
    driver.come_back();
    assert_eq!(driver.kind(), Kind::Poll(None));
    driver.answer(200, FULL);
    let named = Problem::SocketsBlocked(Some("the proxy p:3128 refuses".to_string()));
    assert_eq!((driver.problem(), driver.status().readiness), (Some(named), Readiness::Ready));
    assert_eq!(driver.notices, [Notice::SocketsBlocked]);
    let since = driver.now;
    while driver.kind() != Kind::Socket {
        driver.come_back();
        if driver.kind() != Kind::Socket {
            driver.answer(200, "");
        }
    }
    assert_eq!(driver.now - since, 600_000);
    driver.end(refused());
    driver.come_back();
    // In an outage, the client retries as without the proxy, and polls again after each refusal.
    driver.answer(503, "");
    assert_eq!(driver.come_back(), 1_000);
    driver.end(refused());
    assert!(matches!(driver.kind(), Kind::Poll(Some(_))));
}

#[test]
fn a_transport_without_sockets_polls_for_good() {
    let mut driver = TestDriver::streaming();
    driver.end(End::Unsupported);
    for at in 0..100 {
        assert_eq!(driver.kind(), Kind::Poll((at > 0).then_some(10)));
        driver.answer(200, &full(&[flag("a", 10, "x")]));
        assert_eq!((driver.problem(), driver.status().readiness), (None, Readiness::Ready));
        assert_eq!(driver.come_back(), 30_000);
    }
    assert_eq!(driver.notices, [Notice::SocketsUnsupported]);
    driver.answer(500, "");
    assert_eq!(driver.come_back(), 30_000);
    assert!(matches!(driver.kind(), Kind::Poll(_)));
}
