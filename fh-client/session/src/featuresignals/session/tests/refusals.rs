//! Tests of answers without values: refusals, failures of the server, and answers of something else than the server.

use super::*;

const SENTENCE: &str =
    r#"{"error":"unauthorized","message":"invalid API key","_links":[{"rel":"docs"}]}"#;

fn rejected(status: u16) -> Problem {
    Problem::Rejected { status, message: "unauthorized: invalid API key".into() }
}

#[test]
fn refused_clients_fail_with_the_sentence_of_the_server_and_retry_slowly() {
    for (status, without) in [
        (400, Problem::BadRequest),
        (401, Problem::Unauthorised(401)),
        (403, Problem::Unauthorised(403)),
        (404, Problem::NotFound),
        (406, Problem::UnexpectedStatus(406)),
        (415, Problem::UnexpectedStatus(415)),
    ] {
        let mut driver = TestDriver::polling();
        for (body, problem, seconds) in [
            (SENTENCE, rejected(status), 60),
            ("", without.clone(), 120),
            ("<html>", without.clone(), 240),
            ("{\"error\":7}", without, 480),
            (SENTENCE, rejected(status), 600),
            (SENTENCE, rejected(status), 600),
        ] {
            driver.answer(status, body);
            assert_eq!(driver.status().readiness, Readiness::Failed, "{status}");
            assert_eq!(driver.problem(), Some(problem), "{status} {body}");
            assert_eq!(driver.come_back(), seconds * 1_000, "{status}");
        }
        driver.serve();
        assert_eq!(driver.status().readiness, Readiness::Ready, "{status}");
        assert_eq!((driver.problem(), driver.status().attempts), (None, 0), "{status}");
        driver.come_back();
        driver.answer(status, SENTENCE);
        assert_eq!(driver.status().readiness, Readiness::Ready, "{status}: the values stay");
        assert_eq!(driver.problem(), Some(rejected(status)), "{status}");
        assert_eq!(driver.value(&Arc::default()), "anonymous@1", "{status}");
        // The server answers 401 also if its database fails.
        let seconds = if matches!(status, 401 | 403) { 1 } else { 60 };
        assert_eq!(driver.come_back(), seconds * 1_000, "{status}");
    }
}

#[test]
fn values_survive_five_minutes_of_401() {
    let mut driver = TestDriver::ready();
    driver.come_back();
    let (begin, polls) = (driver.now, driver.polls());
    while driver.now < begin + 300_000 {
        driver.answer(401, SENTENCE);
        assert_eq!(driver.status().readiness, Readiness::Ready);
        assert_eq!(driver.value(&Arc::default()), "anonymous@1");
        assert_eq!(driver.problem(), Some(rejected(401)));
        driver.come_back();
    }
    // After 1, 2, 4, 8 and 16 seconds, and then every 30 seconds.
    assert_eq!((driver.polls() - polls, driver.status().attempts), (14, 14));
    driver.serve();
    assert_eq!((driver.problem(), driver.published.len()), (None, 1));
}

#[test]
fn a_refusal_in_the_middle_of_the_first_refresh_fails_too() {
    let mut driver =
        TestDriver::with(Mode::Polling(EVERY), |config| config.reasons = Reasons::Always);
    driver.tell(Input::Start);
    driver.serve_one();
    driver.answer(401, SENTENCE);
    assert_eq!(
        (driver.status().readiness, driver.problem()),
        (Readiness::Failed, Some(rejected(401)))
    );
    assert_eq!(driver.come_back(), 60_000);
    assert_eq!(driver.last_poll().kind, Kind::Map("anonymous".into()));
}

#[test]
fn a_new_context_of_a_refused_client_is_asked_for_at_once() {
    let mut driver = TestDriver::polling();
    driver.answer(401, SENTENCE);
    driver.pass(5_000);
    driver.set_context(1, &context("bob", None));
    assert_eq!((driver.status().readiness, driver.poll.is_some()), (Readiness::NotReady, true));
    driver.answer(401, SENTENCE);
    assert_eq!(driver.outcome(1), Some(Err(rejected(401))));
    assert_eq!(driver.status().readiness, Readiness::Failed);
}

#[test]
fn failures_back_off_and_keep_the_values() {
    type Fails = fn(&mut TestDriver);
    let rows: [(&str, Problem, Fails); 16] = [
        ("500", Problem::ServerError(500), |driver| driver.answer(500, "")),
        ("429", Problem::TooManyRequests, |driver| driver.answer(429, SENTENCE)),
        ("302", Problem::Redirect, |driver| driver.answer(302, "")),
        ("204", Problem::UnexpectedStatus(204), |driver| driver.answer(204, "")),
        ("236", Problem::UnexpectedStatus(236), |driver| driver.answer(236, "{}")),
        ("405", rejected(405), |driver| driver.answer(405, SENTENCE)),
        ("HTML", Problem::ContentType("text/html".into()), |driver| {
            driver.head(&ResponseHead::new(200).header("Content-Type", "text/html"));
            driver.say(b"<html>");
            driver.end(End::Complete);
        }),
        ("HTML that claims to be JSON", Problem::Malformed("a page of HTML".into()), |driver| {
            driver.answer(200, "<html>");
        }),
        ("a list", Problem::Malformed("the body is no JSON object".into()), |driver| {
            driver.answer(200, "[]");
        }),
        (
            "truncated",
            Problem::Malformed("EOF while parsing a value at line 1 column 5".into()),
            |driver| {
                driver.answer(200, "{\"a\":");
            },
        ),
        ("too large", Problem::TooLarge(100_000), |driver| {
            driver.answer(200, &" ".repeat(100_001));
        }),
        ("no connection", Problem::Unreachable("refused".into()), |driver| {
            driver.end(End::Unreached("refused"));
        }),
        ("a reset in the body", Problem::Unreachable("reset".into()), |driver| {
            driver.head(&ResponseHead::new(200));
            driver.say(b"{}");
            driver.end(End::Broken("reset"));
        }),
        (
            "an end without a head",
            Problem::Unreachable("the connection closed without a response".into()),
            |driver| {
                driver.end(End::Complete);
            },
        ),
        ("no head in time", Problem::TimedOut(Stage::Head), |driver| {
            assert_eq!(driver.wait(), 12_000);
        }),
        ("no body in time", Problem::TimedOut(Stage::Body), |driver| {
            driver.head(&ResponseHead::new(200));
            driver.now += 10_000;
            driver.say(b"{");
            assert_eq!(driver.wait(), 2_000);
        }),
    ];
    for (name, problem, fails) in rows {
        let mut driver = TestDriver::with(Mode::Polling(EVERY), |config| {
            config.limits.bytes = 100_000;
        });
        driver.tell(Input::Start);
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            fails(&mut driver);
            assert_eq!(driver.status().readiness, Readiness::NotReady, "{name}");
            assert_eq!(driver.problem(), Some(problem.clone()), "{name}");
            assert_eq!(driver.come_back(), seconds * 1_000, "{name}");
        }
        driver.serve();
        assert_eq!(driver.problem(), None, "{name}");
        driver.come_back();
        fails(&mut driver);
        assert_eq!(driver.status().readiness, Readiness::Ready, "{name}");
        assert_eq!(driver.value(&Arc::default()), "anonymous@1", "{name}");
        assert_eq!(driver.come_back(), 1_000, "{name}");
    }
}

#[test]
fn the_status_of_an_error_counts_whatever_becomes_of_its_body() {
    type Ends = fn(&mut TestDriver);
    let rows: [(&str, Ends, Problem); 4] = [
        ("no end", |driver| assert_eq!(driver.wait(), 12_000), rejected(404)),
        ("a reset", |driver| driver.end(End::Broken("reset")), rejected(404)),
        ("endless", |driver| (0..70).for_each(|_| driver.say(&[b' '; 1024])), rejected(404)),
        ("more than is read", |driver| driver.say(&[b'x'; 200_000]), Problem::NotFound),
    ];
    for (name, ends, problem) in rows {
        let mut driver = TestDriver::polling();
        driver.head(&ResponseHead::new(404).header("Retry-After", "300"));
        driver.say(SENTENCE.as_bytes());
        ends(&mut driver);
        assert_eq!((driver.poll, driver.problem()), (None, Some(problem)), "{name}");
        assert_eq!(driver.status().readiness, Readiness::Failed, "{name}");
        assert_eq!(driver.come_back(), 300_000, "{name}");
    }
}

#[test]
fn a_delay_that_the_server_requests_is_kept() {
    for status in [401, 403, 404, 429, 500, 503] {
        for is_ready in [false, true] {
            let mut driver = if is_ready { TestDriver::ready() } else { TestDriver::polling() };
            driver.come_back();
            driver.head(&ResponseHead::new(status).header("Retry-After", "300"));
            driver.end(End::Complete);
            assert_eq!(driver.come_back(), 300_000, "{status} {is_ready}");
        }
    }
}
