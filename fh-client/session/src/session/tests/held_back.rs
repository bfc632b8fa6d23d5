//! Streams that a proxy holds back (D-65).

use super::*;

/// The bytes of a stream that has sent no list yet, by the number of the second in which they arrive.
type Bytes = fn(u64) -> &'static [u8];

/// Sends the bytes of each second until the stream ends. Returns the number of seconds until then.
fn seconds_until_end(driver: &mut TestDriver, bytes: Bytes) -> u64 {
    let request_id = driver.request_id();
    for second in 1..=200 {
        driver.now += 1_000;
        driver.tell(Input::Tick);
        if driver.aborted.last() == Some(&request_id) {
            return second;
        }
        driver.tell(Input::Bytes { request_id, bytes: bytes(second) });
    }
    panic!("the stream is open after 200 s");
}

#[test]
fn streams_without_progress_before_their_list_are_held_back() {
    const SLOW: [u8; 1_023] = [b'x'; 1_023];
    const ENOUGH: [u8; 1_100] = [b'x'; 1_100];
    let rows: [(&str, u64, Problem, Bytes); 9] = [
        ("no byte", 15, Problem::HeldBack, |_| b""),
        ("a part of a list", 15, Problem::HeldBack, |s| match s {
            1 => b"event: features\nid: 1\ndata: [",
            _ => b"",
        }),
        ("too few bytes", 15, Problem::HeldBack, |s| match s {
            1 => b"data: ",
            _ => &SLOW,
        }),
        ("`ack` and then nothing", 18, Problem::HeldBack, |s| match s {
            3 => b"event: ack\ndata: 1\n\n",
            _ => b"",
        }),
        ("`bye` and then nothing", 18, Problem::HeldBack, |s| match s {
            3 => b"event: bye\ndata: 1\n\n",
            _ => b"",
        }),
        ("a comment and then nothing", 19, Problem::HeldBack, |s| match s {
            4 => b": alive\n",
            _ => b"",
        }),
        ("heartbeats", 90, Problem::TimedOut(Stage::FirstEvent), |s| match s % 14 {
            0 => b"event: ack\ndata: 1\n\n",
            _ => b"",
        }),
        ("comments", 90, Problem::TimedOut(Stage::FirstEvent), |s| match s % 14 {
            0 => b":\n",
            _ => b"",
        }),
        ("enough bytes, and then nothing", 57, Problem::HeldBack, |s| match s {
            1..=45 => &ENOUGH,
            _ => b"",
        }),
    ];
    for (name, seconds, problem, bytes) in rows {
        let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
        driver.open();
        assert_eq!(seconds_until_end(&mut driver, bytes), seconds, "{name}");
        assert_eq!(driver.status().problem, Some(problem), "{name}");
        assert_eq!(driver.come_back(), 1_000, "{name}");
        assert_eq!(driver.request().kind, RequestKind::Stream, "{name}");
    }
}

#[test]
fn a_stream_that_has_sent_its_list_is_not_held_back() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    assert_eq!(driver.wait(), 90_000);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Silence)));
}

/// Lets the stream, or its request, end because of the time limit, and returns the problem that the status then shows.
fn held_back(driver: &mut TestDriver, has_head: bool) -> Option<Problem> {
    assert_eq!(driver.request().kind, RequestKind::Stream);
    if has_head {
        driver.open();
    }
    assert_eq!(driver.wait(), if has_head { 15_000 } else { 12_000 });
    driver.status().problem.clone()
}

#[test]
fn the_second_stream_in_a_row_that_is_held_back_makes_the_client_poll() {
    for heads in [[true, true], [true, false], [false, true], [false, false]] {
        let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
        let problem = |has_head: bool| {
            Some(if has_head { Problem::HeldBack } else { Problem::TimedOut(Stage::Head) })
        };
        assert_eq!(held_back(&mut driver, heads[0]), problem(heads[0]));
        driver.come_back();
        assert_eq!(held_back(&mut driver, heads[1]), problem(heads[1]));
        assert_eq!(driver.request().kind, RequestKind::Poll, "{heads:?}");
        assert!(driver.notices.is_empty());
        driver.good_poll();
        assert_eq!(driver.status().readiness, Readiness::Ready);
        assert_eq!(driver.status().problem, Some(Problem::HeldBack));
        assert_eq!(driver.notices, [Notice::StreamsHeldBack]);
        // A poll each 30 s, and after 10 minutes a stream.
        for _ in 1..20 {
            assert_eq!(driver.wait(), 30_000);
            assert_eq!(driver.request().kind, RequestKind::Poll);
            driver.good_poll();
        }
        driver.come_back();
        // One further stream that is held back is enough, and brings no further notice.
        held_back(&mut driver, heads[0]);
        assert_eq!(driver.request().kind, RequestKind::Poll);
        driver.good_poll();
        assert_eq!(driver.notices.len(), 1);
        for _ in 0..20 {
            driver.come_back();
            if driver.request().kind == RequestKind::Poll {
                driver.good_poll();
            }
        }
        // A list on a stream begins the count anew.
        driver.live();
        assert_eq!(driver.status().problem, None);
        driver.close();
        driver.come_back();
        held_back(&mut driver, true);
        driver.come_back();
        assert_eq!(driver.request().kind, RequestKind::Stream);
    }
}

#[test]
fn the_edge_sets_the_interval_of_polls_in_place_of_streams() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    held_back(&mut driver, true);
    driver.come_back();
    held_back(&mut driver, true);
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    driver.answer(json(200).header("cache-control", "max-age=7"), &body);
    assert_eq!(driver.wait(), 7_000);
    driver.answer(json(200), &body);
    assert_eq!(driver.wait(), 30_000);
    assert_eq!(driver.request().kind, RequestKind::Poll);
}

/// An Edge that answers neither streams nor polls is not one whose streams are held back.
#[test]
fn a_failed_poll_retries_streaming() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    held_back(&mut driver, false);
    driver.come_back();
    held_back(&mut driver, false);
    assert_eq!(driver.request().kind, RequestKind::Poll);
    driver.wait();
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Head)));
    driver.come_back();
    assert_eq!(driver.request().kind, RequestKind::Stream);
    driver.live();
    assert_eq!((driver.status().problem.clone(), driver.notices.len()), (None, 0));
}

#[test]
fn other_failures_do_not_count_and_do_not_begin_the_count_anew() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    held_back(&mut driver, true);
    driver.come_back();
    for status in [503, 429, 204] {
        driver.answer(ResponseHead::new(status), "");
        driver.come_back();
        assert_eq!(driver.request().kind, RequestKind::Stream, "{status}");
    }
    held_back(&mut driver, true);
    assert_eq!(driver.request().kind, RequestKind::Poll);
}

#[test]
fn a_new_key_and_an_edge_without_streams_begin_the_count_anew() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    held_back(&mut driver, true);
    driver.come_back();
    driver.tell(Input::Keys(CommandId(1), ApiKeys::parse([CLIENT]).unwrap()));
    held_back(&mut driver, true);
    driver.come_back();
    assert_eq!(driver.request().kind, RequestKind::Stream);
    driver.answer(ResponseHead::new(501), "");
    driver.good_poll();
    assert_eq!(driver.status().problem, Some(Problem::NoStreaming));
    assert_eq!(driver.wait(), 180_000);
}
