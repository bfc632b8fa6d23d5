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
