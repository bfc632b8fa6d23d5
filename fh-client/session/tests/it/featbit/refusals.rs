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
