//! Refusals: 400, 401, 403, 404 and `failure` (D-21, D-28, D-114).

use super::*;

#[test]
fn refusals_on_first_contact_fail_at_once_and_are_retried_slowly() {
    for status in [400, 401, 403, 404] {
        for mode in [Mode::Streaming, POLL, Mode::OneOff] {
            let mut desk = Desk::new(mode, &[CLIENT]);
            let mut waits = Vec::new();
            for _ in 0..6 {
                desk.answer(Head::new(status), "");
                assert_eq!(desk.status().readiness, Readiness::Failed, "{status} {mode:?}");
                waits.push(desk.wait() / 1000);
            }
            assert_eq!(waits, [60, 120, 240, 480, 600, 600], "{status} {mode:?}");
            desk.good(mode);
            assert_eq!(desk.status().readiness, Readiness::Ready);
            assert_eq!((desk.status().problem.clone(), desk.status().attempts), (None, 0));
        }
    }
}

#[test]
fn a_refused_client_can_be_refreshed() {
    for mode in [Mode::Streaming, POLL] {
        let mut desk = Desk::new(mode, &[CLIENT]);
        desk.answer(Head::new(400), "");
        assert_eq!(desk.status().readiness, Readiness::Failed);
        assert_eq!(desk.status().connection, Connection::Waiting);
        desk.tell(Input::Refresh(CommandId(1)));
        assert_eq!(desk.sent.len(), 2);
        desk.good(mode);
        assert_eq!(desk.settled, [(CommandId(1), Ok(Readiness::Ready))]);
    }
}

#[test]
fn refusals_after_ready_keep_everything() {
    for status in [400, 401, 403, 404] {
        for mode in [Mode::Streaming, POLL] {
            let mut desk = Desk::new(mode, &[CLIENT]);
            if mode == Mode::Streaming {
                desk.live();
                desk.close();
            } else {
                desk.good_poll();
            }
            desk.wait();
            desk.answer(Head::new(status), "");
            assert_eq!(desk.status().readiness, Readiness::Ready);
            assert!(desk.status().problem.clone().unwrap().is_refusal());
            assert_eq!(desk.wait(), 60_000);
            assert_eq!(desk.value().as_deref(), Some("x"));
        }
    }
}

#[test]
fn failure_is_told_once_and_retried_slowly() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    desk.live();
    desk.event("failure", r#"{"status":"Unrecognized API key. Please stop requesting."}"#);
    assert_eq!(desk.status().readiness, Readiness::Failed);
    assert_eq!(
        desk.status().problem,
        Some(Problem::Failure("Unrecognized API key. Please stop requesting.".into()))
    );
    assert_eq!(desk.value().as_deref(), Some("x"));
    assert_eq!(desk.wait(), 60_000);
    desk.live();
    assert_eq!(desk.status().readiness, Readiness::Ready);
    let failed = desk.statuses.iter().filter(|s| s.readiness == Readiness::Failed);
    // The client was Failed, and remained so during the next request.
    assert!(failed.count() >= 1);
}
