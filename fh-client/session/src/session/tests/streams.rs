//! Streams: their ends, their time limits, and polling in their place.

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
fn silent_streams_are_aborted() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    assert_eq!(driver.wait(), 12_000);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Head)));
    driver.wait();
    driver.open();
    let request_id = driver.request_id();
    // Heartbeats keep the stream open, but do not count as features.
    for _ in 0..8 {
        driver.now += 11_000;
        driver.tell(Input::Bytes { request_id, bytes: b": alive\n" });
    }
    driver.wait();
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::FirstEvent)));
    assert_eq!(driver.aborted.last(), Some(&request_id));
    driver.wait();
    driver.live();
    let request_id = driver.request_id();
    for _ in 0..50 {
        driver.now += 80_000;
        driver.tell(Input::Bytes { request_id, bytes: b":\n" });
        assert_eq!(driver.status().connection, Connection::Streaming);
    }
    assert_eq!(driver.wait(), 90_000);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Silence)));
    driver.wait();
    driver.live();
    let request_id = driver.request_id();
    driver.tell(Input::Bytes { request_id, bytes: b"data: " });
    for _ in 0..8 {
        driver.now += 11_000;
        driver.tell(Input::Bytes { request_id, bytes: b"d" });
    }
    assert_eq!(driver.wait(), 2_000);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Event)));
    // A large event may take as long as the minimum rate allows.
    driver.wait();
    driver.live();
    let request_id = driver.request_id();
    driver.tell(Input::Bytes { request_id, bytes: b"data: " });
    for _ in 0..30 {
        driver.now += 60_000;
        driver.tell(Input::Bytes { request_id, bytes: &[b'd'; 61_440 + 1024] });
        assert_eq!(driver.status().connection, Connection::Streaming);
    }
    assert_eq!(driver.wait(), 30_000);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Event)));
}

#[test]
fn delays_are_reset_after_a_minute_of_open_stream() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    for _ in 0..5 {
        driver.answer(ResponseHead::new(503), "");
        driver.wait();
    }
    driver.live();
    driver.now += 61_000;
    driver.event("feature", "[");
    assert_eq!(driver.wait(), 1_000);
    driver.answer(ResponseHead::new(503), "");
    driver.wait();
    driver.live();
    driver.wait();
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Silence)));
    assert_eq!(driver.wait(), 1_000);
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

#[test]
fn a_poll_divides_each_long_gap_after_streams_that_end_early() {
    let polls: [(_, fn(&mut TestDriver), _); 3] = [
        ("answered", TestDriver::good_poll, None),
        ("503", |driver| driver.answer(ResponseHead::new(503), ""), None),
        ("401", |driver| driver.answer(ResponseHead::new(401), ""), Some(60_000)),
    ];
    for (name, poll, refused) in polls {
        let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
        for half in [0, 0, 0, 0, 4_000, 8_000, 15_000, 15_000] {
            driver.live();
            driver.now += 9_999;
            driver.close();
            let before = driver.come_back();
            if half > 0 {
                assert_eq!((before, driver.request().kind), (half, RequestKind::Poll), "{name}");
                poll(&mut driver);
                assert_eq!(driver.status().problem.is_none(), name == "answered", "{name}");
                // The poll after a refusal has its own delays.
                let after = driver.come_back();
                assert!(after == half || refused.is_some_and(|least| after >= least), "{name}");
            }
            assert_eq!(driver.request().kind, RequestKind::Stream, "{name}");
        }
        // The next end follows a stream that was healthy.
        driver.live();
        driver.now += 10_000;
        driver.close();
        assert!(driver.come_back() <= 1_000 && driver.request().kind == RequestKind::Stream);
    }
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

#[test]
fn a_command_in_a_long_gap_polls_and_other_keys_open_a_stream() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    for _ in 0..5 {
        driver.live();
        driver.close();
        driver.come_back();
    }
    driver.good_poll();
    // The poll was in the middle. From then on, a refresh opens the stream.
    driver.tell(Input::Refresh(CommandId(1)));
    assert_eq!(driver.request().kind, RequestKind::Stream);
    driver.live();
    driver.close();
    driver.now += 2_000;
    driver.tell(Input::Refresh(CommandId(2)));
    assert_eq!(driver.request().kind, RequestKind::Poll);
    driver.tell(Input::Keys(CommandId(3), ApiKeys::parse(["f/k*"]).unwrap()));
    assert_eq!(driver.request().kind, RequestKind::Stream);
}

#[test]
fn single_features_do_not_make_a_doubtful_list_good() {
    let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
    driver.live();
    driver.event("features", "[]");
    driver.event("feature", r#"{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}"#);
    assert_eq!(driver.status().problem, Some(Problem::EmptyList));
    driver.event("features", LIST);
    assert_eq!(driver.status().problem, None);
}

#[test]
fn an_edge_without_streams_is_polled() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.answer(ResponseHead::new(501), "");
    assert_eq!(driver.notices, [Notice::FellBackToPolling]);
    assert_eq!(driver.request().kind, RequestKind::Poll);
    driver.good_poll();
    assert_eq!(driver.status().problem, Some(Problem::NoStreaming));
    assert_eq!(driver.wait(), 180_000);
    driver.good_poll();
    driver.wait();
    driver.good_poll();
    driver.wait();
    driver.good_poll();
    assert_eq!(driver.wait(), 60_000);
    assert_eq!(driver.request().kind, RequestKind::Stream);
    driver.live();
    assert_eq!(driver.status().problem, None);

    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    for _ in 0..3 {
        assert_eq!(driver.request().kind, RequestKind::Stream);
        driver.answer(ResponseHead::new(200).header("content-type", "text/html"), "<html>");
        driver.wait();
    }
    assert_eq!(driver.request().kind, RequestKind::Poll);
}

/// Only answers to stream requests count. A failed connection is not an answer, and a redirect is a part of an answer.
#[test]
fn wrong_content_types_count_in_a_row() {
    let page = || ResponseHead::new(200).header("content-type", "text/html");
    let fallen_back = |between: &dyn Fn(&mut TestDriver)| {
        let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
        for _ in 0..3 {
            driver.answer(page(), "<html>");
            driver.wait();
            if driver.request().kind == RequestKind::Stream {
                between(&mut driver);
            }
        }
        driver.notices == [Notice::FellBackToPolling]
    };
    for status in [204, 304, 401, 404, 429, 503] {
        let other = |driver: &mut TestDriver| {
            driver.answer(ResponseHead::new(status), "");
            driver.wait();
        };
        assert!(!fallen_back(&other), "{status}");
    }
    let elsewhere = |driver: &mut TestDriver| {
        driver.answer(ResponseHead::new(302).header("location", "http://other/"), "");
        driver.wait();
    };
    assert!(!fallen_back(&elsewhere));
    let unreachable = |driver: &mut TestDriver| {
        let request_id = driver.request_id();
        driver.tell(Input::Closed { request_id, end: End::Broken("refused") });
        driver.wait();
    };
    assert!(fallen_back(&unreachable));
    let moved = |driver: &mut TestDriver| {
        let sent = driver.sent.len();
        driver.answer(ResponseHead::new(302).header("location", "http://edge/moved"), "");
        if driver.sent.len() == sent {
            driver.wait();
        }
    };
    assert!(fallen_back(&moved));
}

#[test]
fn a_failing_poll_does_not_put_off_the_next_stream() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.answer(ResponseHead::new(501), "");
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    driver.answer(json(200).header("cache-control", "max-age=400"), &body);
    assert_eq!(driver.wait(), 400_000);
    driver.answer(ResponseHead::new(503), "");
    assert_eq!(driver.wait(), 200_000);
    assert_eq!(driver.request().kind, RequestKind::Stream);
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

#[test]
fn a_new_key_retries_streaming() {
    let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
    driver.answer(ResponseHead::new(501), "");
    driver.good_poll();
    driver.now += 5_000;
    driver.tell(Input::Keys(CommandId(1), ApiKeys::parse([CLIENT]).unwrap()));
    assert_eq!(driver.request().kind, RequestKind::Stream);
}

/// The time to retry a stream may have passed long ago. The retry still follows a failure and therefore has a delay (D-64).
#[test]
fn a_poll_that_fails_late_is_followed_by_a_delay() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    driver.close();
    driver.come_back();
    driver.now += 5_000;
    driver.answer(ResponseHead::new(501), "");
    // The machine was asleep.
    driver.now += 3_600_000;
    driver.tell(Input::Tick);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Head)));
    assert_eq!(driver.wait(), 100);
    assert_eq!(driver.request().kind, RequestKind::Stream);
}
