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
