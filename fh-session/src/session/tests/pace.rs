//! The rate and the targets of requests (D-64, D-82).

use super::*;

#[test]
fn at_most_two_requests_a_second() {
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    for n in 0..10 {
        desk.tell(Input::Context(CommandId(n), user(&n.to_string())));
    }
    // The first context aborts the request of the start. Later contexts do not abort the request of the first one (D-120).
    assert_eq!((desk.sent.len(), desk.aborted.len()), (2, 1));
    assert_eq!(desk.header("x-featurehub"), Some("userkey=0"));
    desk.live();
    assert_eq!(desk.sent.len(), 2);
    assert_eq!(desk.wait(), 1_000);
    assert_eq!(desk.header("x-featurehub"), Some("userkey=9"));
    desk.live();
    assert_eq!(desk.settled.len(), 10);
}

#[test]
fn redirects_are_counted_and_stay_at_home() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    for hop in 0..5 {
        desk.answer(Head::new(307).header("location", format!("/hop{hop}")), "");
        if desk.sent.len() == hop + 1 {
            desk.wait();
        }
        assert_eq!(desk.request().url.expose(), format!("http://edge/hop{hop}"));
    }
    desk.answer(Head::new(307).header("location", "/hop6"), "");
    assert_eq!(desk.status().problem, Some(Problem::Redirect));
    desk.wait();
    assert_eq!(desk.request().url.expose(), "http://edge/features/e/k*");
    // The redirects of a failed request do not count for the next one.
    for _ in 0..3 {
        for _ in 0..3 {
            desk.answer(Head::new(307).header("location", "/hop"), "");
            if desk.session.deadline().unwrap().as_u64() - desk.now != 12_000 {
                desk.wait();
            }
            assert_eq!(desk.request().url.expose(), "http://edge/hop");
        }
        desk.close();
        assert_eq!(desk.status().problem, Some(Problem::Unreachable("no answer".into())));
        desk.wait();
    }
    let sent = desk.sent.len();
    desk.answer(Head::new(302).header("location", "http://evil/"), "");
    assert_eq!((desk.sent.len(), desk.status().problem.clone()), (sent, Some(Problem::Redirect)));
}

#[test]
fn a_redirected_poll_stays_a_poll() {
    // The pace delays the redirected request, and meanwhile the time comes to retry a stream.
    let mut desk = Desk::with(Mode::Streaming, &[CLIENT], |config| {
        config.stream_again_after = Duration::from_millis(500);
    });
    desk.answer(Head::new(501), "");
    desk.answer(Head::new(307).header("location", "/poll"), "");
    desk.wait();
    assert_eq!(desk.request().url.expose(), "http://edge/poll");
    assert_eq!(desk.request().kind, RequestKind::Poll);
}
