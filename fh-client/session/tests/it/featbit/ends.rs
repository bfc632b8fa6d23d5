//! Tests of the ends of sockets: the delay before the next one, and the ends that show that something on the way blocks sockets.

use super::test_driver::Kind;
use super::*;

/// Ends a socket that was requested in one way.
type Ends = &'static dyn Fn(&mut TestDriver);

/// Opens the socket, and ends it after a time.
fn open_for(driver: &mut TestDriver, millis: u64, end: End<'_>) {
    driver.open();
    driver.pass(millis);
    driver.end(end);
}

/// The ends that count, with the problem that each shows.
fn blocked() -> Vec<(&'static str, Problem, Ends)> {
    let unreachable = |why: &str| Problem::Unreachable(why.to_string());
    vec![
        ("status 200", Problem::UnexpectedStatus(200), &|driver| driver.head(200)),
        ("a page of HTML", Problem::ContentType("text/html".to_string()), &|driver| {
            driver.head_with(ResponseHead::new(200).header("Content-Type", "text/html"));
        }),
        ("status 302", Problem::Redirect, &|driver| driver.head(302)),
        ("status 400", Problem::BadRequest, &|driver| driver.head(400)),
        ("status 401", Problem::Unauthorised(401), &|driver| driver.head(401)),
        ("status 404", Problem::NotFound, &|driver| driver.head(404)),
        ("status 407", Problem::UnexpectedStatus(407), &|driver| driver.head(407)),
        ("a reset upgrade", unreachable("reset"), &|driver| driver.end(End::Broken("reset"))),
        (
            "an upgrade without an answer",
            unreachable("the connection closed without a response"),
            &|driver| driver.end(End::Complete),
        ),
        ("a silent upgrade", Problem::TimedOut(Stage::Head), &|driver| {
            assert_eq!(driver.wait(), 12_000);
        }),
        ("a reset after the upgrade", unreachable("reset"), &|driver| {
            open_for(driver, 5_000, End::Broken("reset"));
        }),
        ("a broken frame", Problem::Malformed("a broken frame".to_string()), &|driver| {
            open_for(driver, 5_000, End::Invalid("a broken frame"));
        }),
        ("an end after the upgrade", Problem::ClosedEarly, &|driver| {
            open_for(driver, 5_000, End::Complete);
        }),
        ("silence after the upgrade", Problem::TimedOut(Stage::FirstEvent), &|driver| {
            driver.open();
            assert_eq!(driver.wait(), 10_000);
        }),
        ("closed at once", Problem::ClosedEarly, &|driver| {
            open_for(driver, 0, End::Closed(Some(1000)));
        }),
        ("closed at once with 1011", Problem::ClosedEarly, &|driver| {
            open_for(driver, 1_000, End::Closed(Some(1011)));
        }),
        ("closed at once without a code", Problem::ClosedEarly, &|driver| {
            open_for(driver, 500, End::Closed(None));
        }),
        ("a message that cannot be read", unreachable("reset"), &|driver| {
            driver.open();
            driver.say("<html>");
            driver.end(End::Broken("reset"));
        }),
    ]
}

/// The ends that do not count, because they say nothing about sockets or because the socket worked.
fn not_blocked() -> Vec<(&'static str, Problem, Ends)> {
    vec![
        ("status 429", Problem::TooManyRequests, &|driver| driver.head(429)),
        ("status 500", Problem::ServerError(500), &|driver| driver.head(500)),
        ("status 501", Problem::ServerError(501), &|driver| driver.head(501)),
        ("status 503", Problem::ServerError(503), &|driver| driver.head(503)),
        ("no connection", Problem::Unreachable("refused".to_string()), &|driver| {
            driver.end(End::Unreached("refused"));
        }),
        ("TLS", Problem::Tls("expired".to_string()), &|driver| driver.end(End::Tls("expired"))),
        ("no connection in time", Problem::TimedOut(Stage::Connect), &|driver| {
            driver.end(End::ConnectTimeout);
        }),
        ("closed later with 1011", Problem::ClosedEarly, &|driver| {
            open_for(driver, 1_001, End::Closed(Some(1011)));
        }),
        ("a message over the limit", Problem::TooLarge(64 << 20), &|driver| {
            open_for(driver, 0, End::TooLarge);
        }),
    ]
}

#[test]
fn the_third_blocked_socket_in_a_row_leads_to_a_poll() {
    for (name, problem, ends) in blocked() {
        let mut driver = TestDriver::streaming();
        for expected in [1_000, 2_000] {
            ends(&mut driver);
            assert_eq!(driver.problem(), Some(problem.clone()), "{name}");
            assert_eq!(driver.come_back(), expected, "{name}");
            assert_eq!(driver.kind(), Kind::Socket, "{name}");
        }
        ends(&mut driver);
        assert_eq!(driver.come_back(), 0, "{name}");
        assert_eq!(driver.kind(), Kind::Poll(None), "{name}");
        assert_eq!(driver.problem(), Some(problem), "{name}");
    }
}

#[test]
fn other_ends_back_off_and_polls_only_take_the_place_of_sockets() {
    for (name, problem, ends) in not_blocked() {
        let mut driver = TestDriver::streaming();
        for (at, expected) in [1, 2, 4, 8, 16, 30, 30].into_iter().enumerate() {
            if driver.kind() == Kind::Socket {
                ends(&mut driver);
                assert_eq!(driver.problem(), Some(problem.clone()), "{name}");
            } else {
                // It shows whether the server is away.
                assert_eq!((at, driver.kind()), (3, Kind::Poll(None)), "{name}");
                driver.answer(503, "");
            }
            assert_eq!(driver.status().readiness, Readiness::NotReady, "{name}");
            assert_eq!(driver.come_back(), expected * 1_000, "{name}");
        }
    }
}

/// Google Cloud's balancers end each socket after 30 s, unless an operator has set another time.
#[test]
fn a_balancer_of_30_seconds_causes_gaps_of_at_most_one_second() {
    let mut driver = TestDriver::with(Mode::Streaming, 7, |_| {});
    driver.tell(Input::Start);
    let mut without_socket = 0;
    for _ in 0..120 {
        driver.synchronise();
        driver.pass(15_000);
        driver.say(PONG);
        driver.pass(15_000);
        driver.end(End::Complete);
        let gap = driver.come_back();
        assert!(gap <= 1_000 && driver.kind() == Kind::Socket, "{gap}");
        without_socket += gap;
    }
    assert!(without_socket * 40 < driver.now, "{without_socket} of {} ms", driver.now);
}
