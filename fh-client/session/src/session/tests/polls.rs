//! Polls: intervals, etags, and the contents of bodies.

use super::*;

#[test]
fn polls_at_the_interval_that_the_edge_asks_for() {
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    assert_eq!(driver.request().url.expose(), "http://edge/features?apiKey=e/k*&contextSha=0");
    driver.good_poll();
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert_eq!(driver.wait(), 180_000);
    driver.answer(json(304), "");
    // The request had no etag, so 304 is not a valid response. A client with features retries after its interval.
    assert_eq!(driver.status().problem, Some(Problem::UnexpectedStatus(304)));
    assert_eq!(driver.wait(), 180_000);
    driver
        .answer(json(200).header("cache-control", "max-age=20").header("etag", "W/\"x\""), "[{}]");
    assert_eq!(driver.status().problem, Some(Problem::EmptyList));
    assert_eq!(driver.wait(), 20_000);
    // The body was not applied, so the next request does not send the body's etag (D-72).
    assert_eq!(driver.header("if-none-match"), None);
    // A response without a request of an interval restores the client's own.
    driver.answer(json(200).header("etag", "W/\"x\""), &format!(r#"[{{"features":{LIST}}}]"#));
    assert_eq!(driver.wait(), 180_000);
    assert_eq!(driver.header("if-none-match"), Some("W/\"x\""));
    driver.answer(ResponseHead::new(304).header("cache-control", "max-age=20"), "");
    assert_eq!((driver.status().problem.clone(), driver.wait()), (None, 20_000));
    driver.answer(ResponseHead::new(304), "");
    assert_eq!((driver.status().problem.clone(), driver.wait()), (None, 180_000));
    assert_eq!(driver.header("if-none-match"), Some("W/\"x\""));
    driver.good_poll();
    assert_eq!(driver.wait(), 180_000);
    assert_eq!(driver.header("if-none-match"), None);
    assert_eq!(driver.published.len(), 1);
}

#[test]
fn a_poll_has_a_time_limit() {
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    let request_id = driver.request_id();
    driver.now += 11_000;
    driver.tell(Input::Opened { request_id, head: &json(200) });
    driver.tell(Input::Bytes { request_id, bytes: b"[" });
    assert_eq!(driver.wait(), 1_000);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Body)));
    assert_eq!(driver.aborted, [request_id]);
}

#[test]
fn passive_clients_poll_when_a_feature_is_read() {
    let mut driver = TestDriver::new(Mode::Passive(Duration::from_secs(300)), &[CLIENT]);
    driver.good_poll();
    driver.tell(Input::FeatureRead);
    assert_eq!(driver.sent.len(), 1);
    assert_eq!((driver.wait(), driver.read_reports), (300_000, 1));
    assert_eq!(driver.session.deadline(), None);
    driver.tell(Input::FeatureRead);
    driver.tell(Input::FeatureRead);
    assert_eq!(driver.sent.len(), 2);
    driver.answer(ResponseHead::new(503), "");
    assert_eq!(driver.status().readiness, Readiness::Ready);
    driver.tell(Input::FeatureRead);
    assert_eq!(driver.sent.len(), 2);
    assert_eq!((driver.wait(), driver.read_reports), (300_000, 2));
    driver.tell(Input::FeatureRead);
    assert_eq!(driver.sent.len(), 3);
}

#[test]
fn one_off_and_offline() {
    let mut driver = TestDriver::new(Mode::Once, &[CLIENT]);
    driver.answer(ResponseHead::new(503), "");
    assert_eq!(driver.wait(), 1_000);
    driver.good_poll();
    assert_eq!(driver.status().connection, Connection::Done);
    assert_eq!(driver.session.deadline(), None);
    driver.now += 5_000;
    driver.tell(Input::Refresh(CommandId(1)));
    driver.answer(ResponseHead::new(503), "");
    assert_eq!(driver.status().connection, Connection::Done);
    assert_eq!(driver.settled, [(CommandId(1), Err(Problem::ServerError(503)))]);

    let mut driver = TestDriver::new(Mode::Offline, &[CLIENT]);
    driver.tell(Input::Refresh(CommandId(1)));
    assert!(driver.sent.is_empty());
    assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::NotReady))]);
    let environment: Arc<str> = "e".into();
    let source = Source::Store("local-yaml-store".into());
    driver.tell(Input::Stored { source, environment, features: LIST.as_bytes() });
    assert_eq!(driver.status().readiness, Readiness::Ready);
}

#[test]
fn two_refreshes_share_one_request() {
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    driver.tell(Input::Refresh(CommandId(1)));
    driver.tell(Input::Refresh(CommandId(2)));
    assert_eq!(driver.sent.len(), 1);
    driver.good_poll();
    assert_eq!(driver.settled.len(), 2);
}

#[test]
fn etags_describe_the_held_features() {
    // The client polls because it cannot stream, then streams, then polls again.
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.answer(ResponseHead::new(501), "");
    let body = format!(r#"[{{"id":"e","features":{LIST}}}]"#);
    driver.answer(json(200).header("etag", "\"1\""), &body);
    driver.now += 600_000;
    driver.tell(Input::Tick);
    driver.live();
    driver.event("feature", r#"{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}"#);
    driver.close();
    driver.come_back();
    driver.now += 5_000;
    driver.answer(ResponseHead::new(501), "");
    assert_eq!(driver.request().kind, RequestKind::Poll);
    assert_eq!(driver.header("if-none-match"), None);
    // Features that a store added are not part of the response with the etag.
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    driver.answer(json(200).header("etag", "\"1\""), &body);
    let source = Source::Store("redis-store".into());
    let stored = br#"[{"id":"b","key":"B","version":1,"type":"STRING","value":"y"}]"#;
    driver.tell(Input::Stored { source, environment: "e".into(), features: stored });
    driver.wait();
    assert_eq!(driver.header("if-none-match"), None);
    // An Edge with a failure of its own may send an empty list with the etag of the features that it could not load.
    for key in [SERVER, CLIENT] {
        let mut driver = TestDriver::new(POLL, &[key]);
        driver.answer(json(200).header("etag", "\"1\""), r#"[{"id":"e","features":[]}]"#);
        driver.wait();
        assert_eq!(driver.header("if-none-match"), None);
    }
}

#[test]
fn several_keys_send_no_etag() {
    let mut driver = TestDriver::new(POLL, &["e/k*", "f/k*"]);
    driver.answer(json(200).header("etag", "\"1;2\""), r#"[{"id":"e","features":[]}]"#);
    driver.wait();
    assert_eq!(driver.header("if-none-match"), None);
}

/// An entry without id belongs to the first key's environment. Ids that differ only in the case of letters are equal.
#[test]
fn entries_of_one_environment_are_one_list() {
    let feature = |key: &str| {
        format!(r#"{{"id":"{key}","key":"{key}","version":1,"type":"STRING","value":"x"}}"#)
    };
    let entry = |id: &str, key: &str| format!(r#"{{{id}"features":[{}]}}"#, feature(key));
    for keys in [&[CLIENT][..], &["e/k*", "f/k*"]] {
        let mut driver = TestDriver::new(POLL, keys);
        let entries = [
            entry(r#""id":"e","#, "A"),
            entry("", "B"),
            entry(r#""id":"E","#, "C"),
            entry("", "D"),
        ];
        driver.polled(&format!("[{}]", entries.join(",")));
        assert_eq!(driver.published.last().unwrap().rules.ruleset().len(), 4, "{keys:?}");
    }
}

/// The size of a response is limited in bytes. The time to handle a response stays in proportion to its size, and notices stay short.
#[test]
fn a_hundred_thousand_environments() {
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    let unknown_environments: Vec<String> =
        (0..100_000).map(|n| format!(r#"{{"id":"{n}"}}"#)).collect();
    driver
        .polled(&format!(r#"[{},{{"id":"e","features":{LIST}}}]"#, unknown_environments.join(",")));
    assert_eq!(driver.value().as_deref(), Some("x"));
    assert_eq!(
        driver.notices,
        [Notice::Ignored {
            what: "environments that no API key of the client may read: 100000, the first is 0"
                .into()
        }]
    );
}

#[test]
fn the_limit_of_a_poll_includes_its_head() {
    let mut driver =
        TestDriver::with(POLL, &[CLIENT], |config| config.limits.poll = Duration::from_secs(2));
    assert_eq!(driver.wait(), 2_000);
    assert_eq!(driver.status().problem, Some(Problem::TimedOut(Stage::Head)));
}

#[test]
fn a_restored_database_is_followed_after_an_hour() {
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    let list = |version, value| {
        format!(
            r#"[{{"id":"e","features":[{{"id":"a","key":"A","version":{version},"type":"STRING","value":"{value}"}}]}}]"#
        )
    };
    driver.answer(json(200).header("etag", "\"new\""), &list(9, "new"));
    driver.wait();
    assert_eq!(driver.header("if-none-match"), Some("\"new\""));
    let first = driver.now;
    loop {
        driver.answer(json(200).header("etag", "\"old\""), &list(5, "old"));
        if driver.value().as_deref() == Some("old") {
            break;
        }
        driver.wait();
        // With an etag of features that the client does not hold, the lists would end.
        assert_eq!(driver.header("if-none-match"), None);
    }
    assert_eq!(driver.now - first, 3_600_000);
    assert_eq!(driver.published.last().unwrap().cause, Cause::Change);
    driver.wait();
    assert_eq!(driver.header("if-none-match"), Some("\"old\""));
}
