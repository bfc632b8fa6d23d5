//! Closing, and a clock that goes back.

use super::*;

#[test]
fn closing() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.tell(Input::Refresh(CommandId(1)));
    let request_id = driver.request_id();
    driver.tell(Input::Stop);
    driver.tell(Input::Stop);
    assert_eq!(driver.aborted, [request_id]);
    assert_eq!(driver.settled, [(CommandId(1), Err(Problem::Closed))]);
    assert_eq!(driver.status().readiness, Readiness::Closed);
    driver.tell(Input::Refresh(CommandId(2)));
    driver.tell(Input::Keys(CommandId(3), ApiKeys::parse(["f/new*"]).unwrap()));
    driver.tell(Input::Context(CommandId(4), user("a")));
    assert_eq!((driver.settled.len(), driver.sent.len()), (4, 1));
    let source = Source::Store("redis-store".into());
    driver.tell(Input::Stored { source, environment: "e".into(), features: LIST.as_bytes() });
    assert!(driver.published.is_empty() && driver.notices.is_empty());
}

#[test]
fn a_clock_that_goes_back_is_not_followed() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    driver.now = 1_000_000;
    driver.live();
    driver.now = 0;
    driver.event("ack", "1");
    assert!(driver.session.deadline().unwrap() >= Millis::new(1_000_000));
}
