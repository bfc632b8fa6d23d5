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
