//! Streams: their ends, the delays that follow, and comments.

use super::*;

#[test]
fn how_streams_end() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    // A stream that ends before it sends features is retried with back-off.
    driver.open();
    driver.event("ack", r#"{"status":"discover"}"#);
    driver.event("bye", r#"{"status":"closed"}"#);
    driver.close();
    assert_eq!(driver.status().problem, Some(Problem::ClosedEarly));
    assert_eq!(driver.wait(), 1_000);
    // After an announced end the delay is short, and there is no problem.
    for _ in 0..5 {
        driver.live();
        driver.event("bye", r#"{"status":"closed"}"#);
        driver.close();
        assert_eq!((driver.status().problem.clone(), driver.status().attempts), (None, 0));
        let wait = driver.come_back();
        assert!((100..=1000).contains(&wait), "{wait}");
    }
    // After an end without `bye` the delay is short once, and then doubles.
    let mut waits = Vec::new();
    for _ in 0..4 {
        driver.live();
        driver.close();
        assert_eq!(driver.status().problem, Some(Problem::Disconnected));
        assert_eq!(driver.status().readiness, Readiness::Ready);
        waits.push(driver.come_back());
    }
    assert!((100..=1000).contains(&waits[0]) && waits[1..] == [1000, 2000, 4000], "{waits:?}");
    // After a minute of open stream the delay is short again.
    driver.live();
    driver.now += 61_000;
    driver.event("ack", "\"❤️\"");
    driver.close();
    assert!(driver.wait() <= 1000);
}

#[test]
fn delays_are_reset_exactly_after_ten_seconds_of_open_stream_with_features() {
    for (open, has_data, delay) in
        [(9_999, true, 30_000), (10_000, true, 1_000), (10_000, false, 30_000)]
    {
        let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
        for _ in 0..5 {
            driver.answer(ResponseHead::new(503), "");
            driver.wait();
        }
        if has_data {
            driver.live();
        } else {
            driver.open();
        }
        driver.now += open;
        driver.event("feature", "[");
        assert_eq!(driver.wait(), delay, "after {open} ms");
    }
}

/// Google Cloud's balancers end each response after 30 s, unless an operator has set another time.
#[test]
fn a_balancer_of_30_seconds_causes_gaps_of_at_most_one_second() {
    let mut driver = TestDriver::with(Mode::Streaming, &[CLIENT], |c| c.backoff.jitter = 0.5);
    let mut without_stream = 0;
    for _ in 0..120 {
        driver.live();
        driver.now += 30_000;
        driver.close();
        let gap = driver.come_back();
        assert!(gap <= 1_000 && driver.request().kind == RequestKind::Stream, "{gap}");
        without_stream += gap;
    }
    assert!(without_stream * 40 < driver.now, "{without_stream} of {} ms", driver.now);
}

/// The most requests are those that the shortest delays allow, two in each of the later ones.
#[test]
fn a_server_that_ends_each_stream_after_its_list_is_not_stormed() {
    for (within, most) in [(12_000, 8), (3_600_000, 488)] {
        let mut driver =
            TestDriver::with(Mode::Streaming, &[CLIENT], |config| config.backoff.jitter = 0.5);
        while driver.now < within {
            match driver.request().kind {
                RequestKind::Stream => driver.live(),
                RequestKind::Poll => driver.good_poll(),
            }
            if driver.status().connection == Connection::Streaming {
                driver.close();
            }
            driver.come_back();
        }
        // The last request came later.
        assert!(driver.sent.len() - 1 <= most, "{} requests", driver.sent.len() - 1);
    }
}

/// A chunk of a body may end within a line.
#[test]
fn comments_keep_a_stream_open_in_any_chunks() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    let request_id = driver.request_id();
    driver.tell(Input::Bytes { request_id, bytes: b": al" });
    for _ in 0..30 {
        driver.now += 30_000;
        driver.tell(Input::Bytes { request_id, bytes: b"ive\n: al" });
        driver.tell(Input::Tick);
        assert_eq!(driver.status().connection, Connection::Streaming);
    }
    // An event that never ends is aborted nevertheless.
    driver.tell(Input::Bytes { request_id, bytes: b"ive\ndata: x\n" });
    driver.now += 60_000;
    driver.tell(Input::Bytes { request_id, bytes: b": alive\ndata: x\n" });
    assert_eq!(driver.wait(), 30_000);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Event)));
}
