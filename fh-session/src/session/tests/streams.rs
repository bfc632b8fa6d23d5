//! Streams: their ends, their time limits, and polling in their place.

use super::*;

#[test]
fn how_streams_end() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    // A stream that ends before it sends features is retried with back-off.
    desk.open();
    desk.event("ack", r#"{"status":"discover"}"#);
    desk.event("bye", r#"{"status":"closed"}"#);
    desk.close();
    assert_eq!(desk.status().problem, Some(Problem::ClosedEarly));
    assert_eq!(desk.wait(), 1_000);
    // After an announced end the delay is short, and there is no problem.
    for _ in 0..5 {
        desk.live();
        desk.event("bye", r#"{"status":"closed"}"#);
        desk.close();
        assert_eq!((desk.status().problem.clone(), desk.status().attempts), (None, 0));
        let wait = desk.come_back();
        assert!((100..=1000).contains(&wait), "{wait}");
    }
    // After an end without `bye` the delay is short once, and then doubles.
    let mut waits = Vec::new();
    for _ in 0..4 {
        desk.live();
        desk.close();
        assert_eq!(desk.status().problem, Some(Problem::Disconnected));
        assert_eq!(desk.status().readiness, Readiness::Ready);
        waits.push(desk.come_back());
    }
    assert!((100..=1000).contains(&waits[0]) && waits[1..] == [1000, 2000, 4000], "{waits:?}");
    // After a minute of open stream the delay is short again.
    desk.live();
    desk.now += 61_000;
    desk.event("ack", "\"❤️\"");
    desk.close();
    assert!(desk.wait() <= 1000);
}

#[test]
fn silence_is_not_for_ever() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    assert_eq!(desk.wait(), 12_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Head)));
    desk.wait();
    desk.open();
    let request_id = desk.request_id();
    // Heartbeats keep the stream open, but do not count as features.
    for _ in 0..8 {
        desk.now += 11_000;
        desk.tell(Input::Bytes { request_id, bytes: b": alive\n" });
    }
    desk.wait();
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::FirstEvent)));
    assert_eq!(desk.aborted.last(), Some(&request_id));
    desk.wait();
    desk.live();
    let request_id = desk.request_id();
    for _ in 0..50 {
        desk.now += 80_000;
        desk.tell(Input::Bytes { request_id, bytes: b":\n" });
        assert_eq!(desk.status().connection, Connection::Streaming);
    }
    assert_eq!(desk.wait(), 90_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Silence)));
    desk.wait();
    desk.live();
    let request_id = desk.request_id();
    desk.tell(Input::Bytes { request_id, bytes: b"data: " });
    for _ in 0..8 {
        desk.now += 11_000;
        desk.tell(Input::Bytes { request_id, bytes: b"d" });
    }
    assert_eq!(desk.wait(), 2_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Event)));
    // A large event may take as long as the minimum rate allows.
    desk.wait();
    desk.live();
    let request_id = desk.request_id();
    desk.tell(Input::Bytes { request_id, bytes: b"data: " });
    for _ in 0..30 {
        desk.now += 60_000;
        desk.tell(Input::Bytes { request_id, bytes: &[b'd'; 61_440 + 1024] });
        assert_eq!(desk.status().connection, Connection::Streaming);
    }
    assert_eq!(desk.wait(), 30_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Event)));
}

#[test]
fn delays_begin_anew_after_health_however_the_stream_ends() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    for _ in 0..5 {
        desk.answer(Head::new(503), "");
        desk.wait();
    }
    desk.live();
    desk.now += 61_000;
    desk.event("feature", "[");
    assert_eq!(desk.wait(), 1_000);
    desk.answer(Head::new(503), "");
    desk.wait();
    desk.live();
    desk.wait();
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Silence)));
    assert_eq!(desk.wait(), 1_000);
}

#[test]
fn single_features_do_not_make_a_doubtful_list_good() {
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.live();
    desk.event("features", "[]");
    desk.event("feature", r#"{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}"#);
    assert_eq!(desk.status().problem, Some(Problem::EmptyList));
    desk.event("features", LIST);
    assert_eq!(desk.status().problem, None);
}

#[test]
fn an_edge_without_streams_is_polled() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.answer(Head::new(501), "");
    assert_eq!(desk.notices, [Notice::FellBackToPolling]);
    assert_eq!(desk.request().kind, RequestKind::Poll);
    desk.good_poll();
    assert_eq!(desk.status().problem, Some(Problem::NoStreaming));
    assert_eq!(desk.wait(), 180_000);
    desk.good_poll();
    desk.wait();
    desk.good_poll();
    desk.wait();
    desk.good_poll();
    assert_eq!(desk.wait(), 60_000);
    assert_eq!(desk.request().kind, RequestKind::Stream);
    desk.live();
    assert_eq!(desk.status().problem, None);

    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    for _ in 0..3 {
        assert_eq!(desk.request().kind, RequestKind::Stream);
        desk.answer(Head::new(200).header("content-type", "text/html"), "<html>");
        desk.wait();
    }
    assert_eq!(desk.request().kind, RequestKind::Poll);
}

#[test]
fn a_failing_poll_does_not_put_off_the_next_stream() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.answer(Head::new(501), "");
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    desk.answer(json(200).header("cache-control", "max-age=400"), &body);
    assert_eq!(desk.wait(), 400_000);
    desk.answer(Head::new(503), "");
    assert_eq!(desk.wait(), 200_000);
    assert_eq!(desk.request().kind, RequestKind::Stream);
}

/// A chunk of a body may end within a line.
#[test]
fn comments_are_life_wherever_they_are_cut() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    let request_id = desk.request_id();
    desk.tell(Input::Bytes { request_id, bytes: b": al" });
    for _ in 0..30 {
        desk.now += 30_000;
        desk.tell(Input::Bytes { request_id, bytes: b"ive\n: al" });
        desk.tell(Input::Tick);
        assert_eq!(desk.status().connection, Connection::Streaming);
    }
    // An event that never ends is aborted nevertheless.
    desk.tell(Input::Bytes { request_id, bytes: b"ive\ndata: x\n" });
    desk.now += 60_000;
    desk.tell(Input::Bytes { request_id, bytes: b": alive\ndata: x\n" });
    assert_eq!(desk.wait(), 30_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Event)));
}

#[test]
fn another_key_may_be_one_that_streams() {
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.answer(Head::new(501), "");
    desk.good_poll();
    desk.now += 5_000;
    desk.tell(Input::Keys(CommandId(1), ApiKeys::parse([CLIENT]).unwrap()));
    assert_eq!(desk.request().kind, RequestKind::Stream);
}

/// The time to retry a stream may have passed long ago. The retry still follows a failure and therefore has a delay (D-64).
#[test]
fn a_poll_that_fails_late_is_followed_by_a_delay() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    desk.close();
    desk.come_back();
    desk.now += 5_000;
    desk.answer(Head::new(501), "");
    // The machine was asleep.
    desk.now += 3_600_000;
    desk.tell(Input::Tick);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Head)));
    assert_eq!(desk.wait(), 100);
    assert_eq!(desk.request().kind, RequestKind::Stream);
}
