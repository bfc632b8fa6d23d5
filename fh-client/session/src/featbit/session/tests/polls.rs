//! Tests of a client that polls by its settings.

use super::test_driver::Kind;
use super::*;

const EVERY: Duration = Duration::from_secs(45);

fn polling() -> TestDriver {
    TestDriver::started(Mode::Polling(EVERY))
}

#[test]
fn polls_carry_the_secret_and_the_cursor() {
    let mut driver = polling();
    assert_eq!(driver.kind(), Kind::Poll(None));
    assert_eq!(driver.header("authorization"), Some(SECRET));
    assert_eq!(driver.header("accept"), Some("application/json"));
    assert!(driver.header("user-agent").is_some());
    driver.answer(200, &full(&[flag("a", 10, "x")]));
    let older = full(&[archived(flag("a", 5, "older"))]);
    for (body, cursor) in
        [("", 10), (" \r\n", 10), (&*patch(&[flag("a", 20, "y")]), 20), (&*older, 5)]
    {
        driver.pass(20_000);
        assert_eq!(driver.come_back(), 25_000, "the interval is kept");
        driver.answer(200, body);
        assert_eq!((driver.status().cursor, driver.problem()), (Some(cursor), None), "{body}");
    }
    driver.come_back();
    assert_eq!(driver.kind(), Kind::Poll(Some(5)));
}

#[test]
fn answers_without_flags_make_ready_too() {
    for body in [FULL, &patch(&[])] {
        let mut driver = polling();
        driver.answer(200, body);
        assert_eq!(driver.status().readiness, Readiness::Ready, "{body}");
        assert_eq!((driver.problem(), driver.published.len()), (None, 1), "{body}");
        assert_eq!(driver.come_back(), 45_000, "{body}");
    }
}

#[test]
fn refused_polls_fail_and_are_retried_slowly() {
    for (status, problem) in [
        (400, Problem::BadRequest),
        (401, Problem::Unauthorised(401)),
        (403, Problem::Unauthorised(403)),
        (404, Problem::NotFound),
    ] {
        let mut driver = polling();
        for expected in [60, 120, 240] {
            driver.answer(status, "");
            assert_eq!(driver.status().readiness, Readiness::Failed, "{status}");
            assert_eq!(driver.problem(), Some(problem.clone()), "{status}");
            assert_eq!(driver.come_back(), expected * 1_000, "{status}");
        }
        driver.answer(200, &full(&[flag("a", 10, "x")]));
        assert_eq!(driver.status().readiness, Readiness::Ready, "{status}");
        driver.come_back();
        driver.answer(status, "");
        assert_eq!(driver.status().readiness, Readiness::Ready, "{status}");
        assert_eq!((driver.problem(), driver.value().as_deref()), (Some(problem), Some("x")));
        assert_eq!(driver.come_back(), 60_000, "{status}");
    }
}

#[test]
fn failed_polls_back_off_before_the_first_flags_and_keep_the_interval_afterwards() {
    type Fails = fn(&mut TestDriver);
    let rows: [(&str, Fails); 17] = [
        // These confirm the flags of the client once it has some.
        ("204", |driver| driver.answer(204, "")),
        ("304", |driver| driver.answer(304, "")),
        ("an empty body", |driver| driver.answer(200, " \r\n")),
        ("500", |driver| driver.answer(500, "")),
        ("429", |driver| driver.answer(429, "")),
        ("302", |driver| driver.answer(302, "")),
        ("418", |driver| driver.answer(418, "")),
        ("101", |driver| driver.answer(101, "")),
        ("not JSON", |driver| {
            driver.answer(200, "<html>");
            assert_eq!(
                driver.status().problem,
                Some(Problem::Malformed("a page of HTML".to_string()))
            );
        }),
        ("no data-sync", |driver| driver.answer(200, PONG)),
        ("an unknown event", |driver| {
            driver.answer(200, r#"{"messageType":"data-sync","data":{"eventType":"news"}}"#);
        }),
        ("the values of a user", |driver| {
            driver.answer(200, r#"{"messageType":"data-sync","data":{"eventType":"full","userKeyId":"bob","featureFlags":[]}}"#);
        }),
        ("too large", |driver| driver.answer(200, &" ".repeat(5_001))),
        ("a reset before the head", |driver| driver.end(End::Broken("reset"))),
        ("a reset in the body", |driver| {
            driver.head(200);
            driver.say("{");
            driver.end(End::Broken("reset"));
        }),
        ("no head in time", |driver| assert_eq!(driver.wait(), 12_000)),
        ("no body in time", |driver| {
            driver.head(200);
            driver.say("{");
            assert_eq!(driver.wait(), 60_000);
        }),
    ];
    for (name, fails) in rows {
        let mut driver = TestDriver::with(Mode::Polling(EVERY), 7, |config| {
            config.limits.bytes = 5_000;
            config.backoff.jitter = 0.0;
        });
        driver.tell(Input::Start);
        for expected in [1, 2, 4, 8] {
            fails(&mut driver);
            assert_eq!(driver.status().readiness, Readiness::NotReady, "{name}");
            assert!(driver.problem().is_some(), "{name}");
            assert_eq!(driver.come_back(), expected * 1_000, "{name}");
        }
        driver.answer(200, &full(&[flag("a", 10, "x")]));
        assert_eq!(driver.problem(), None, "{name}");
        driver.come_back();
        fails(&mut driver);
        assert_eq!(driver.value().as_deref(), Some("x"), "{name}");
        assert_eq!(driver.come_back(), 45_000, "{name}");
        assert_eq!(driver.kind(), Kind::Poll(Some(10)), "{name}");
    }
}

#[test]
fn a_delay_that_the_server_requests_is_kept() {
    for status in [401, 404, 429, 503] {
        let mut driver = polling();
        driver.head_with(ResponseHead::new(status).header("Retry-After", "300"));
        assert_eq!(driver.come_back(), 300_000, "{status}");
    }
}

#[test]
fn bodies_arrive_in_pieces() {
    let mut driver = polling();
    driver.head(200);
    for piece in full(&[flag("a", 10, "ü")]).as_bytes().chunks(3) {
        driver.tell(Input::Bytes { request_id: driver.request_id(), bytes: piece });
    }
    assert_eq!(driver.status().readiness, Readiness::NotReady);
    driver.end(End::Complete);
    assert_eq!(driver.value().as_deref(), Some("ü"));
}
