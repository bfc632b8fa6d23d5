//! The rate and the targets of requests (D-64, D-82).

use super::*;

#[test]
fn at_most_two_requests_a_second() {
    let mut driver = TestDriver::new(Mode::Streaming, &[SERVER]);
    for n in 0..10 {
        driver.tell(Input::Context(CommandId(n), user(&n.to_string())));
    }
    // The first context aborts the request of the start. Later contexts do not abort the request of the first context (D-120).
    assert_eq!((driver.sent.len(), driver.aborted.len()), (2, 1));
    assert_eq!(driver.header("x-featurehub"), Some("userkey=0"));
    driver.live();
    assert_eq!(driver.sent.len(), 2);
    assert_eq!(driver.wait(), 1_000);
    assert_eq!(driver.header("x-featurehub"), Some("userkey=9"));
    driver.live();
    assert_eq!(driver.settled.len(), 10);
}

#[test]
fn redirects_are_counted_and_stay_within_the_origin() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    for hop in 0..5 {
        driver.answer(ResponseHead::new(307).header("location", format!("/hop{hop}")), "");
        if driver.sent.len() == hop + 1 {
            driver.wait();
        }
        assert_eq!(driver.request().url.expose(), format!("http://edge/hop{hop}"));
    }
    driver.answer(ResponseHead::new(307).header("location", "/hop6"), "");
    assert_eq!(driver.status().problem, Some(Problem::Redirect));
    driver.wait();
    assert_eq!(driver.request().url.expose(), "http://edge/features/e/k*");
    // The redirects of a failed request do not count for the next request.
    for _ in 0..3 {
        for _ in 0..3 {
            driver.answer(ResponseHead::new(307).header("location", "/hop"), "");
            if driver.session.deadline().unwrap().as_u64() - driver.now != 12_000 {
                driver.wait();
            }
            assert_eq!(driver.request().url.expose(), "http://edge/hop");
        }
        driver.close();
        assert_eq!(
            driver.status().problem,
            Some(Problem::Unreachable("the connection closed without a response".into()))
        );
        driver.wait();
    }
    let sent = driver.sent.len();
    driver.answer(ResponseHead::new(302).header("location", "http://evil/"), "");
    assert_eq!(
        (driver.sent.len(), driver.status().problem.clone()),
        (sent, Some(Problem::Redirect))
    );
}
