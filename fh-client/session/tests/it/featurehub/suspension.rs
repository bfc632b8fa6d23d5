//! Suspension: no request without a command, and nothing that the client holds is lost (D-124).

use super::*;

#[test]
fn a_suspended_stream_ends_and_a_new_one_opens_at_the_resumption() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.live();
    let stream = driver.request_id();
    driver.now += 5_000;
    driver.tell(Input::Suspend);
    driver.tell(Input::Suspend);
    assert_eq!(driver.aborted, [stream]);
    assert_eq!(driver.status().connection, Connection::Suspended);
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert_eq!(driver.value().as_deref(), Some("x"));
    assert_eq!((driver.session.deadline(), driver.status().next_attempt), (None, None));
    // A late event of the old stream and a tick have no effect.
    driver.event("features", "[]");
    driver.now += 3_600_000;
    driver.tell(Input::Tick);
    assert_eq!((driver.sent.len(), driver.value().as_deref()), (1, Some("x")));
    driver.tell(Input::Resume);
    driver.tell(Input::Resume);
    assert_eq!(driver.sent.len(), 2);
    assert_eq!(driver.request().kind, RequestKind::Stream);
}
