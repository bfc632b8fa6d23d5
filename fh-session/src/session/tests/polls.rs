//! Polls: intervals, etags, and the contents of bodies.

use super::*;

#[test]
fn polls_at_the_interval_that_the_edge_asks_for() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    assert_eq!(desk.request().url.expose(), "http://edge/features?apiKey=e/k*&contextSha=0");
    desk.good_poll();
    assert_eq!(desk.status().readiness, Readiness::Ready);
    assert_eq!(desk.wait(), 180_000);
    desk.answer(json(304), "");
    // The request had no etag, so 304 is not a valid response. A client with features retries after its interval.
    assert_eq!(desk.status().problem, Some(Problem::UnexpectedStatus(304)));
    assert_eq!(desk.wait(), 180_000);
    desk.answer(json(200).header("cache-control", "max-age=20").header("etag", "W/\"x\""), "[{}]");
    assert_eq!(desk.status().problem, Some(Problem::EmptyList));
    assert_eq!(desk.wait(), 20_000);
    // The body was not applied, so the next request does not send its etag (D-72).
    assert_eq!(desk.header("if-none-match"), None);
    desk.answer(json(200).header("etag", "W/\"x\""), &format!(r#"[{{"features":{LIST}}}]"#));
    assert_eq!(desk.wait(), 20_000);
    assert_eq!(desk.header("if-none-match"), Some("W/\"x\""));
    desk.answer(Head::new(304), "");
    assert_eq!((desk.status().problem.clone(), desk.wait()), (None, 20_000));
    assert_eq!(desk.header("if-none-match"), Some("W/\"x\""));
    desk.good_poll();
    assert_eq!(desk.wait(), 20_000);
    assert_eq!(desk.header("if-none-match"), None);
    assert_eq!(desk.published.len(), 1);
}

#[test]
fn a_poll_has_its_time() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    let request_id = desk.request_id();
    desk.now += 11_000;
    desk.tell(Input::Opened { request_id, head: &json(200) });
    desk.tell(Input::Bytes { request_id, bytes: b"[" });
    assert_eq!(desk.wait(), 1_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Body)));
    assert_eq!(desk.aborted, [request_id]);
}

#[test]
fn passive_clients_ask_when_they_are_read() {
    let mut desk = Desk::new(Mode::PassivePolling(Duration::from_secs(300)), &[CLIENT]);
    desk.good_poll();
    desk.tell(Input::FeatureRead);
    assert_eq!(desk.sent.len(), 1);
    assert_eq!((desk.wait(), desk.read_reports), (300_000, 1));
    assert_eq!(desk.session.deadline(), None);
    desk.tell(Input::FeatureRead);
    desk.tell(Input::FeatureRead);
    assert_eq!(desk.sent.len(), 2);
    desk.answer(Head::new(503), "");
    assert_eq!(desk.status().readiness, Readiness::Ready);
    desk.tell(Input::FeatureRead);
    assert_eq!(desk.sent.len(), 2);
    assert_eq!((desk.wait(), desk.read_reports), (300_000, 2));
    desk.tell(Input::FeatureRead);
    assert_eq!(desk.sent.len(), 3);
}

#[test]
fn one_off_and_offline() {
    let mut desk = Desk::new(Mode::OneOff, &[CLIENT]);
    desk.answer(Head::new(503), "");
    assert_eq!(desk.wait(), 1_000);
    desk.good_poll();
    assert_eq!(desk.status().connection, Connection::Done);
    assert_eq!(desk.session.deadline(), None);
    desk.now += 5_000;
    desk.tell(Input::Refresh(CommandId(1)));
    desk.answer(Head::new(503), "");
    assert_eq!(desk.status().connection, Connection::Done);
    assert_eq!(desk.settled, [(CommandId(1), Err(Problem::ServerError(503)))]);

    let mut desk = Desk::new(Mode::Offline, &[CLIENT]);
    desk.tell(Input::Refresh(CommandId(1)));
    assert!(desk.sent.is_empty());
    assert_eq!(desk.settled, [(CommandId(1), Ok(Readiness::NotReady))]);
    let environment: Arc<str> = "e".into();
    let source = Source::Store("local-yaml-store".into());
    desk.tell(Input::Stored { source, environment, features: LIST.as_bytes() });
    assert_eq!(desk.status().readiness, Readiness::Ready);
}

#[test]
fn two_refreshes_share_one_request() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.tell(Input::Refresh(CommandId(1)));
    desk.tell(Input::Refresh(CommandId(2)));
    assert_eq!(desk.sent.len(), 1);
    desk.good_poll();
    assert_eq!(desk.settled.len(), 2);
}

#[test]
fn etags_are_of_what_is_held() {
    // The client polls because it cannot stream, then streams, then polls again.
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.answer(Head::new(501), "");
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    desk.answer(json(200).header("etag", "\"1\""), &body);
    desk.now += 600_000;
    desk.tell(Input::Tick);
    desk.live();
    desk.event("feature", r#"{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}"#);
    desk.close();
    desk.come_back();
    desk.now += 5_000;
    desk.answer(Head::new(501), "");
    assert_eq!(desk.request().kind, RequestKind::Poll);
    assert_eq!(desk.header("if-none-match"), None);
    // Features that a store added are not part of the response with the etag.
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.answer(json(200).header("etag", "\"1\""), &body);
    let source = Source::Store("redis-store".into());
    let stored = br#"[{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}]"#;
    desk.tell(Input::Stored { source, environment: "e".into(), features: stored });
    desk.wait();
    assert_eq!(desk.header("if-none-match"), None);
    // An Edge with a failure of its own may send an empty list with the etag of the features that it could not load.
    let mut desk = Desk::new(POLL, &[SERVER]);
    desk.answer(json(200).header("etag", "\"1\""), r#"[{"id":"e","features":[]}]"#);
    desk.wait();
    assert_eq!(desk.header("if-none-match"), None);
}

#[test]
fn several_keys_send_no_etag() {
    let mut desk = Desk::new(POLL, &["e/k*", "f/k*"]);
    desk.answer(json(200).header("etag", "\"1;2\""), r#"[{"id":"e","features":[]}]"#);
    desk.wait();
    assert_eq!(desk.header("if-none-match"), None);
}

/// An entry without id belongs to the first key's environment, and ids are compared without case.
#[test]
fn entries_of_one_environment_are_one_list() {
    let feature = |key: &str| {
        format!(r#"{{"id":"{key}","key":"{key}","version":1,"type":"STRING","value":"x"}}"#)
    };
    let entry = |id: &str, key: &str| format!(r#"{{{id}"features":[{}]}}"#, feature(key));
    for keys in [&[CLIENT][..], &["e/k*", "f/k*"]] {
        let mut desk = Desk::new(POLL, keys);
        let entries = [
            entry(r#""id":"e","#, "A"),
            entry("", "B"),
            entry(r#""id":"E","#, "C"),
            entry("", "D"),
        ];
        desk.polled(&format!("[{}]", entries.join(",")));
        assert_eq!(desk.published.last().unwrap().rules.ruleset().len(), 4, "{keys:?}");
    }
}

/// The size of a response is limited in bytes. The time to handle it and the length of notices stay in proportion to that.
#[test]
fn a_hundred_thousand_environments() {
    let mut desk = Desk::new(POLL, &[CLIENT]);
    let strangers: Vec<String> = (0..100_000).map(|n| format!(r#"{{"id":"{n}"}}"#)).collect();
    desk.polled(&format!(r#"[{},{{"id":"e","features":{LIST}}}]"#, strangers.join(",")));
    assert_eq!(desk.value().as_deref(), Some("x"));
    assert_eq!(
        desk.notices,
        [Notice::Ignored {
            what: "environments that no key opens: 100000, the first of them 0".into()
        }]
    );
}

#[test]
fn a_poll_has_no_more_time_for_its_head_than_in_all() {
    let mut desk =
        Desk::with(POLL, &[CLIENT], |config| config.limits.poll = Duration::from_secs(2));
    assert_eq!(desk.wait(), 2_000);
    assert_eq!(desk.status().problem, Some(Problem::TimedOut(Stage::Head)));
}
