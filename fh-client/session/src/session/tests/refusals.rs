//! Refusals: 400, 401, 403, 404 and `failure` (D-21, D-28, D-114).

use super::*;

#[test]
fn refusals_on_first_contact_fail_at_once_and_are_retried_slowly() {
    for status in [400, 401, 403, 404] {
        for mode in [Mode::Streaming, POLL, Mode::Once] {
            let mut driver = TestDriver::new(mode, &[CLIENT]);
            let mut waits = Vec::new();
            for _ in 0..6 {
                driver.answer(ResponseHead::new(status), "");
                assert_eq!(driver.status().readiness, Readiness::Failed, "{status} {mode:?}");
                waits.push(driver.wait() / 1000);
            }
            assert_eq!(waits, [60, 120, 240, 480, 600, 600], "{status} {mode:?}");
            driver.good(mode);
            assert_eq!(driver.status().readiness, Readiness::Ready);
            assert_eq!((driver.status().problem.clone(), driver.status().attempts), (None, 0));
        }
    }
}

#[test]
fn a_refused_client_can_be_refreshed() {
    for mode in [Mode::Streaming, POLL] {
        let mut driver = TestDriver::new(mode, &[CLIENT]);
        driver.answer(ResponseHead::new(400), "");
        assert_eq!(driver.status().readiness, Readiness::Failed);
        assert_eq!(driver.status().connection, Connection::Waiting);
        driver.tell(Input::Refresh(CommandId(1)));
        assert_eq!(driver.sent.len(), 2);
        driver.good(mode);
        assert_eq!(driver.settled, [(CommandId(1), Ok(Readiness::Ready))]);
    }
}

#[test]
fn refusals_after_ready_keep_everything() {
    for status in [400, 401, 403, 404] {
        for mode in [Mode::Streaming, POLL] {
            let mut driver = TestDriver::new(mode, &[CLIENT]);
            if mode == Mode::Streaming {
                driver.live();
                driver.close();
            } else {
                driver.good_poll();
            }
            driver.wait();
            driver.answer(ResponseHead::new(status), "");
            assert_eq!(driver.status().readiness, Readiness::Ready);
            assert!(driver.status().problem.clone().unwrap().is_refusal());
            assert_eq!(driver.wait(), 60_000);
            assert_eq!(driver.value().as_deref(), Some("x"));
        }
    }
}

#[test]
fn a_failure_event_is_reported_and_retried_slowly() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    driver.event("failure", r#"{"status":"Unrecognized API key. Please stop requesting."}"#);
    assert_eq!(driver.status().readiness, Readiness::Failed);
    assert_eq!(
        driver.status().problem,
        Some(Problem::Failure("Unrecognized API key. Please stop requesting.".into()))
    );
    assert_eq!(driver.value().as_deref(), Some("x"));
    assert_eq!(driver.wait(), 60_000);
    driver.live();
    assert_eq!(driver.status().readiness, Readiness::Ready);
    let failed = driver.statuses.iter().filter(|s| s.readiness == Readiness::Failed);
    // At least one published status was Failed.
    assert!(failed.count() >= 1);
}
