//! Temporary failures: answers without features to the request of a stream, or to a poll. The client is not Failed, keeps its values, and
//! retries after growing delays.

use std::time::Duration;

use fh_client::{ClientBuilder, Problem, Readiness, Status};
use fh_fake_edge::{Behaviour, Closing, FakeEdge, Route};

use super::kinds::{Kind, SMALL};
use super::{
    FEATURE, History, INITIAL, PATIENCE, arrives, edge, held, not_earlier, quick, ready, seen,
    served, until,
};

/// The interval between polls.
const INTERVAL: Duration = Duration::from_millis(60);

macro_rules! rows {
    ($(#[doc = $row:literal] $name:ident($route:ident): $kind:expr;)+) => {
        $(
            #[doc = $row]
            #[test]
            fn $name() {
                passes(Route::$route, &$kind);
            }
        )+
    };
}

rows! {
    /// 500
    a_stream_with_500(Stream): Kind::status(500, |problem| *problem == Problem::ServerError(500));
    /// 500
    a_poll_with_500(Poll): Kind::status(500, |problem| *problem == Problem::ServerError(500));
    /// 503
    a_stream_with_503(Stream): Kind::status(503, |problem| *problem == Problem::ServerError(503));
    /// 503
    a_poll_with_503(Poll): Kind::status(503, |problem| *problem == Problem::ServerError(503));
    /// 429
    a_stream_with_429(Stream): Kind::status(429, |problem| *problem == Problem::TooManyRequests);
    /// 429
    a_poll_with_429(Poll): Kind::status(429, |problem| *problem == Problem::TooManyRequests);
    /// 501 has a special meaning for streams only
    a_poll_with_501(Poll): Kind::status(501, |problem| *problem == Problem::ServerError(501));
    /// other 4xx
    a_stream_with_418(Stream): Kind::status(418, |problem| *problem == Problem::UnexpectedStatus(418));
    /// other 4xx
    a_poll_with_418(Poll): Kind::status(418, |problem| *problem == Problem::UnexpectedStatus(418));
    /// 204
    a_stream_with_204(Stream): Kind::status(204, |problem| *problem == Problem::UnexpectedStatus(204));
    /// 204
    a_poll_with_204(Poll): Kind::status(204, |problem| *problem == Problem::UnexpectedStatus(204));
    /// 304 to a stream
    a_stream_with_304(Stream): Kind::status(304, |problem| *problem == Problem::UnexpectedStatus(304));
    /// reset
    a_stream_that_is_reset(Stream): Kind::reset();
    /// reset
    a_poll_that_is_reset(Poll): Kind::reset();
    /// garbage instead of HTTP
    a_stream_of_garbage(Stream): Kind::garbage();
    /// garbage instead of HTTP
    a_poll_of_garbage(Poll): Kind::garbage();
    /// half a head
    a_stream_with_half_a_head(Stream): Kind::half_head();
    /// half a head
    a_poll_with_half_a_head(Poll): Kind::half_head();
    /// no answer
    a_stream_without_an_answer(Stream): Kind::silence();
    /// no answer
    a_poll_without_an_answer(Poll): Kind::silence();
    /// a head without an event
    a_stream_without_an_event(Stream): Kind::silent_stream();
    /// a body of single bytes
    a_poll_that_drips(Poll): Kind::slow_body();
    /// closed before any data
    a_stream_that_closes_early(Stream): Kind::empty_close(Route::Stream);
    /// ended before any data
    a_stream_that_ends_early(Stream): Kind::new(Behaviour::sse().ack(), |problem| *problem == Problem::ClosedEarly);
    /// `bye` before any data
    a_stream_that_says_bye_early(Stream): Kind::new(Behaviour::sse().ack().bye(), |problem| *problem == Problem::ClosedEarly);
    /// closed before any data
    a_poll_that_closes_early(Poll): Kind::empty_close(Route::Poll);
    /// a body that is shorter than announced
    a_poll_of_wrong_length(Poll): Kind::wrong_length();
    /// malformed JSON
    a_stream_with_malformed_json(Stream): Kind::malformed(Route::Stream, r#"[{"id":"#);
    /// malformed JSON
    a_poll_with_malformed_json(Poll): Kind::malformed(Route::Poll, r#"[{"id":"#);
    /// JSON of another shape
    a_stream_with_an_object_for_a_list(Stream): Kind::malformed(Route::Stream, r#"{"id":1}"#);
    /// JSON of another shape
    a_poll_with_an_object_for_a_list(Poll): Kind::malformed(Route::Poll, r#"{"id":1}"#);
    /// an empty body
    a_poll_without_a_body(Poll): Kind::malformed(Route::Poll, "");
    /// an event beyond the limit
    a_stream_with_an_endless_line(Stream): Kind::oversized(Route::Stream);
    /// a body beyond the limit
    a_poll_with_an_endless_line(Poll): Kind::oversized(Route::Poll);
    /// a body beyond the limit after decompression
    a_poll_with_a_bomb(Poll): Kind::bomb();
    /// incomplete gzip
    a_poll_with_broken_gzip(Poll): Kind::broken_gzip();
    /// wrong content type
    a_stream_of_another_content_type(Stream): Kind::wrong_content_type();
    /// wrong content type
    a_poll_of_another_content_type(Poll): Kind::wrong_content_type();
    /// redirect loop
    a_stream_that_is_redirected_in_a_circle(Stream): Kind::redirect_loop();
    /// redirect loop
    a_poll_that_is_redirected_in_a_circle(Poll): Kind::redirect_loop();
}

/// A redirect to another origin is not followed, whether or not its URL contains the key.
#[test]
fn redirects_to_another_origin() {
    for route in [Route::Stream, Route::Poll] {
        let elsewhere = edge();
        passes(route, &Kind::other_origin(elsewhere.url()));
        assert_eq!(elsewhere.recording().connections.len(), 0);
    }
}

fn passes(route: Route, kind: &Kind) {
    // Each half has an Edge and a client of its own. Both mostly wait.
    std::thread::scope(|scope| {
        scope.spawn(|| before_ready(route, kind));
        scope.spawn(|| once_ready(route, kind));
    });
}

/// Checks a failure before the first list: the client retries with growing delays, and is never `Failed`.
fn before_ready(route: Route, kind: &Kind) {
    let edge = edge();
    let script = (0..2 * kind.requests).map(|_| kind.behaviour.clone());
    edge.script(route, script, held(route, "go"));
    if route == Route::Stream {
        // After the second stream without a head, the client polls. An Edge that answers the poll is one whose streams are held back (F-025).
        edge.behave_on(Route::Poll, kind.behaviour.clone());
    }
    let client = builder(&edge, route, kind).start().unwrap();
    let (history, _subscription) = History::of(&client);

    seen(&edge, route, 2 * kind.requests + 1);
    let status = until(&client, "told of the trouble", |status| status.attempts >= 2);
    assert!(status.problem.as_ref().is_some_and(kind.shows), "{status:?}");
    assert_eq!(status.readiness, Readiness::NotReady);

    edge.signal("go");
    client.wait_ready(PATIENCE).unwrap();
    let status = until(&client, "well", |status| status.problem.is_none());
    assert_eq!((status.attempts, served(&client).as_deref()), (0, Some("one")));
    assert!(!history.reported(&client).contains(&Readiness::Failed));
    let gaps = edge.recording().gaps(route);
    let between_attempts: Vec<Duration> =
        gaps.chunks(kind.requests).filter_map(<[Duration]>::last).copied().collect();
    not_earlier(&between_attempts, &[INITIAL / 2, INITIAL]);
    sizes_are_limited(&edge);
}

/// Checks a failure after the first list: the client keeps values and readiness. A stream is retried with growing delays, and a poll at
/// the next interval.
fn once_ready(route: Route, kind: &Kind) {
    let edge = edge();
    // A poll on a kept connection that ends is sent once more.
    let repeated = usize::from(route == Route::Poll && kind.ends_connection);
    let requests = kind.requests + repeated;
    let faulty = (0..requests).map(|_| kind.behaviour.clone());
    let script = std::iter::once(Behaviour::healthy()).chain(faulty);
    edge.script(route, script, held(route, "on"));
    let client = ready(builder(&edge, route, kind));
    let (history, _subscription) = History::of(&client);
    edge.close_streams(Closing::Rst);

    seen(&edge, route, 1 + requests + 1);
    let shown = |status: &Status| status.problem.as_ref().is_some_and(kind.shows);
    let status = until(&client, "told of the trouble", shown);
    assert_eq!((status.readiness, served(&client).as_deref()), (Readiness::Ready, Some("one")));

    edge.set_value(FEATURE, "two");
    edge.signal("on");
    arrives(&client, "two");
    until(&client, "well", |status| status.problem.is_none());
    assert_eq!(history.reported(&client), [Readiness::Ready]);
    let after = if route == Route::Poll { INTERVAL } else { INITIAL / 2 };
    not_earlier(&edge.recording().gaps(route)[requests..], &[after]);
    sizes_are_limited(&edge);
}

fn builder(edge: &FakeEdge, route: Route, kind: &Kind) -> ClientBuilder {
    let limits = kind.limits;
    let builder = quick(edge).configure(move |config| limits(&mut config.limits));
    match route {
        Route::Poll => builder.polling(INTERVAL),
        _ => builder.streaming(),
    }
}

/// Checks that the client takes no more of an endless answer than the limit and the buffers of the system.
fn sizes_are_limited(edge: &FakeEdge) {
    for seen in &edge.recording().requests {
        assert!(seen.written < SMALL as u64 + 16_000_000, "{} bytes taken", seen.written);
    }
}
