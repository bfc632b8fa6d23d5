//! Tests of refused tokens: clocks that are off, and secrets that are wrong.

use super::test_driver::Kind;
use super::*;

const HOUR: i64 = 3_600_000;

#[test]
fn a_token_of_a_wrong_clock_is_made_again_with_the_servers_clock() {
    for off in [600_000, -600_000, 120_000, -31_000, 7_000, -4_000, 2_000, 30 * 24 * HOUR] {
        for has_dates in [true, false] {
            let mut driver = TestDriver::idle(Mode::Streaming);
            (driver.wall_off, driver.has_dates) = (off, has_dates);
            driver.tell(Input::Start);
            assert_eq!(driver.token_time() - driver.true_time(), off);
            let begin = driver.now;
            driver.deny();
            if !has_dates {
                // A proxy removes the date of the upgrade's answer. It may leave that of other answers.
                assert_eq!((driver.kind(), driver.header("authorization")), (Kind::Clock, None));
                driver.has_dates = true;
                driver.head(200);
                driver.come_back();
            }
            assert!(driver.now - begin <= 1_000);
            assert!((driver.token_time() - driver.true_time()).abs() <= 1_000, "{off}");
            let [Notice::ClockOff { millis }] = driver.notices[..] else { panic!("{off}") };
            assert!((millis + off).abs() <= 1_000, "{off}: {millis}");
            assert_eq!(driver.status().clock_offset, Some(millis));
            assert_eq!(driver.status().readiness, Readiness::NotReady);
            driver.synchronise();
            // Later tokens are right as well.
            driver.end(End::Broken("reset"));
            driver.come_back();
            assert!((driver.token_time() - driver.true_time()).abs() <= 1_000, "{off}");
            assert_eq!(driver.notices.len(), 1);
        }
    }
}

#[test]
fn a_refusal_for_another_reason_than_the_clock_fails_at_once() {
    type Answers = fn(&mut TestDriver);
    let rows: [(&str, i64, bool, Answers); 7] = [
        ("the clock is right", 0, true, |_| {}),
        ("the clock is a little off", 400, true, |_| {}),
        ("the clock is a little behind", -400, true, |_| {}),
        ("no date at all", HOUR, false, |driver| driver.head(200)),
        ("no answer", HOUR, false, |driver| assert_eq!(driver.wait(), 12_000)),
        ("no connection", HOUR, false, |driver| driver.end(End::Unreached("refused"))),
        ("the clock is right, by another answer", 0, false, |driver| {
            driver.has_dates = true;
            driver.head(404);
        }),
    ];
    for (name, off, has_dates, answers) in rows {
        let mut driver = TestDriver::idle(Mode::Streaming);
        (driver.wall_off, driver.has_dates) = (off, has_dates);
        driver.tell(Input::Start);
        driver.deny();
        answers(&mut driver);
        assert_eq!(driver.status().readiness, Readiness::Failed, "{name}");
        assert_eq!(driver.problem(), Some(Problem::SecretRefused), "{name}");
        assert_eq!(driver.come_back(), 60_000, "{name}");
        assert_eq!(driver.kind(), Kind::Socket, "{name}");
        let clocks =
            driver.sent.iter().filter(|sent| sent.request.url.expose().ends_with("liveness"));
        assert_eq!(clocks.count(), usize::from(!has_dates), "{name}");
    }
}

#[test]
fn a_second_refusal_fails_and_retries_follow_slowly_with_fresh_tokens() {
    for off in [0, HOUR] {
        let mut driver = TestDriver::idle(Mode::Streaming);
        driver.wall_off = off;
        driver.tell(Input::Start);
        if off != 0 {
            driver.deny();
        }
        let mut tokens = Vec::new();
        for expected in [60, 120, 240, 480, 600, 600] {
            tokens.push(driver.url().to_string());
            driver.deny();
            assert_eq!(driver.status().readiness, Readiness::Failed);
            assert_eq!(driver.come_back(), expected * 1_000);
            assert_eq!(driver.kind(), Kind::Socket);
        }
        tokens.dedup();
        assert_eq!(tokens.len(), 6);
        driver.synchronise();
        // After an accepted token, the delays begin anew.
        driver.end(End::Broken("reset"));
        driver.come_back();
        driver.deny();
        assert_eq!(driver.come_back(), 60_000);
    }
}

#[test]
fn a_correction_that_is_refused_alternates_with_the_own_clock() {
    let mut driver = TestDriver::idle(Mode::Streaming);
    driver.tell(Input::Start);
    let right = driver.wall_off;
    // A proxy whose clock is an hour ahead sets the dates, and the server has refused a token that was right.
    driver.date_off = HOUR;
    driver.deny();
    for (cycle, expected) in [HOUR, 0, HOUR, 0].into_iter().enumerate() {
        if cycle > 0 {
            driver.come_back();
        }
        let off = driver.token_time() - driver.true_time() - right;
        assert!((off - expected).abs() <= 1_000, "{cycle}: {off}");
        driver.deny();
        assert_eq!(driver.status().clock_offset.is_some(), expected == 0, "the next token");
    }
    assert_eq!(driver.notices.len(), 1);
    driver.come_back();
    driver.come_back();
}

#[test]
fn a_refusal_of_a_client_with_values_is_a_problem_only() {
    let mut driver = TestDriver::synchronised();
    driver.end(End::Closed(Some(1001)));
    driver.come_back();
    driver.deny();
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert_eq!(driver.problem(), Some(Problem::SecretRefused));
    assert_eq!(driver.value().as_deref(), Some("x"));
    driver.come_back();
    driver.synchronise();
    assert_eq!(driver.problem(), None);
}

#[test]
fn a_wrong_secret_causes_at_most_seven_attempts_in_ten_minutes() {
    for seed in 0..300 {
        let mut driver = TestDriver::with(Mode::Streaming, seed, |_| {});
        driver.wall_off = [0, HOUR, -HOUR][seed as usize % 3];
        driver.has_dates = seed % 2 == 0;
        driver.tell(Input::Start);
        let begin = driver.now;
        let mut attempts = 0;
        while driver.now - begin <= 600_000 {
            if driver.kind() == Kind::Socket {
                attempts += 1;
                driver.deny();
            } else {
                driver.head_with(ResponseHead::new(200));
            }
            if driver.now == begin + 1_000 {
                assert_eq!(driver.status().readiness, Readiness::Failed);
            }
            driver.come_back();
        }
        assert!((4..=7).contains(&attempts), "seed {seed}: {attempts}");
    }
}

#[test]
fn a_secret_that_became_valid_is_used_at_the_next_refresh() {
    for off in [0, HOUR] {
        let mut driver = TestDriver::idle(Mode::Streaming);
        driver.wall_off = off;
        driver.tell(Input::Start);
        driver.deny();
        if off != 0 {
            driver.deny();
            // The next token is that of the own clock.
            driver.pass(10_000);
            driver.tell(Input::Refresh(CommandId(0)));
            driver.deny();
            driver.settled.clear();
        }
        driver.pass(10_000);
        driver.tell(Input::Refresh(CommandId(1)));
        assert!(driver.is_waiting() && driver.settled.is_empty());
        driver.synchronise();
        assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::Ready))]);
        // While the secret is refused, a refresh returns the problem.
        driver.end(End::Broken("reset"));
        driver.tell(Input::Refresh(CommandId(2)));
        driver.come_back();
        driver.deny();
        assert_eq!(driver.settled[1], (CommandId(2), Err(Problem::SecretRefused)));
    }
}

#[test]
fn a_clock_that_jumps_while_connected_is_corrected_after_the_next_drop() {
    let mut driver = TestDriver::synchronised();
    for (jump, notices) in [(HOUR, 1), (-HOUR, 1), (-HOUR, 2), (3 * HOUR, 3), (-2 * HOUR, 3)] {
        driver.wall_off += jump;
        driver.pass(5_000);
        assert_eq!(driver.status().connection, Connection::Streaming, "the socket stays");
        driver.say(PONG);
        driver.end(End::Broken("reset"));
        let dropped = driver.now;
        driver.come_back();
        driver.deny();
        driver.come_back();
        assert!((driver.token_time() - driver.true_time()).abs() <= 1_000);
        driver.open();
        driver.say(&patch(&[]));
        driver.say(PONG);
        assert!(driver.now - dropped <= 10_000);
        assert_eq!(driver.notices.len(), notices, "a clock that is right needs no notice");
        assert_eq!(driver.status().clock_offset.is_some(), driver.wall_off != 0);
        // Lets the delays begin anew.
        for _ in 0..4 {
            driver.wait();
            driver.say(PONG);
        }
    }
}

#[test]
fn impossible_times_do_no_harm() {
    let times = [i64::MIN, i64::MIN / 2, -1, 0, i64::MAX / 2, i64::MAX];
    for first in times {
        for second in times {
            let mut driver = TestDriver::idle(Mode::Streaming);
            for time in [first, second, first] {
                driver.wall_off = time.saturating_sub(driver.true_time());
                driver.tell(Input::Start);
                driver.deny();
                driver.come_back();
            }
        }
    }
}
