//! Tests of events of requests that have ended or were aborted.

use super::*;

/// A client with a former socket, whose events may come late, in several states.
fn states() -> Vec<(&'static str, RequestId, TestDriver)> {
    let mut states = Vec::new();
    let mut add = |name, next: fn(&mut TestDriver)| {
        let mut driver = TestDriver::synchronised();
        let former = driver.request_id();
        driver.end(End::Broken("reset"));
        next(&mut driver);
        states.push((name, former, driver));
    };
    add("waiting", |_| {});
    add("connecting", |driver| {
        driver.come_back();
    });
    add("open", |driver| {
        driver.come_back();
        driver.open();
    });
    add("synchronised", |driver| {
        driver.come_back();
        driver.open();
        driver.say(&patch(&[]));
    });
    add("polling", |driver| {
        for _ in 0..3 {
            driver.come_back();
            driver.head(404);
        }
        driver.come_back();
        driver.head(200);
    });
    add("suspended", |driver| driver.tell(Input::Suspend));
    add("closed", |driver| driver.tell(Input::Stop));
    states
}

#[test]
fn late_events_of_a_former_request_change_nothing() {
    let newer = full(&[flag("a", 99, "late")]);
    for (name, request_id, mut driver) in states() {
        let head = ResponseHead::new(101).header("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let inputs = [
            Input::Opened { request_id, head: &head },
            Input::Progress { request_id, bytes: 1_000_000 },
            Input::Text { request_id, text: newer.as_str().into() },
            Input::Bytes { request_id, bytes: newer.as_bytes() },
            Input::Bytes { request_id, bytes: b"{" },
            Input::Closed { request_id, end: End::Unsupported },
            Input::Closed { request_id, end: End::Closed(Some(4003)) },
            Input::Closed { request_id, end: End::Broken("reset") },
        ];
        let (status, deadline) = (driver.status().clone(), driver.session.deadline());
        let (sent, written) = (driver.sent.len(), driver.written.len());
        for input in inputs {
            driver.tell(input);
        }
        assert_eq!(driver.status(), &status, "{name}");
        assert_eq!(driver.session.deadline(), deadline, "{name}");
        assert_eq!(driver.value().as_deref(), Some("x"), "{name}");
        assert_eq!((driver.sent.len(), driver.written.len()), (sent, written), "{name}");
        assert!(driver.notices.is_empty(), "{name}");
    }
}

#[test]
fn events_in_the_wrong_order_change_nothing() {
    let mut driver = TestDriver::streaming();
    driver.say(FULL);
    driver.tell(Input::Progress { request_id: driver.request_id(), bytes: 100 });
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    driver.open();
    let deadline = driver.session.deadline();
    driver.head(404);
    driver.head(101);
    assert_eq!((driver.session.deadline(), driver.written.len()), (deadline, 1));
    assert_eq!(driver.status().connection, Connection::Streaming);
}
