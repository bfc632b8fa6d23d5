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
