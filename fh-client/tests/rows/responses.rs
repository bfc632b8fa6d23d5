//! Answers with features, and answers that name the time of the next request (sdk-behaviour 2.9.2).

use std::time::Duration;

use fh_client::{Attributes, Connection, NotReady, Problem, Readiness, Source, block_on};
use fh_fake_edge::{Behaviour, ENVIRONMENT, Feature, RedirectTo, Route};
use serde_json::json;

use super::kinds::{gzipped, json as json_answer};
use super::{
    FEATURE, History, INITIAL, NEVER, PATIENCE, arrives, edge, held, not_earlier, quick, ready,
    refresh, seen, served, server_evaluated, until,
};

#[test]
fn status_200() {
    let edge = edge();
    let client = ready(quick(&edge).polling(NEVER));
    let status = client.status();
    assert_eq!((status.source, status.features), (Some(Source::Polling), 1));
    let environments = client.environments();
    assert_eq!(environments.iter().map(|id| &**id).collect::<Vec<_>>(), [ENVIRONMENT]);
    assert_eq!(edge.recording().count(Route::Poll), 1);
}

/// A feature that the list lacks is removed.
#[test]
fn status_200_with_fewer_features() {
    let edge = edge();
    let client = ready(quick(&edge).polling(NEVER));
    edge.replace_all([]);
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    assert_eq!((client.exists(FEATURE), client.status().features), (false, 0));
}

/// An answer without environments makes the client Failed on first contact, and the client retries. Later it keeps its features (D-68).
#[test]
fn status_200_with_an_empty_array() {
    let edge = edge();
    edge.behave(json_answer().body("[]"));
    let client = quick(&edge).polling(Duration::from_millis(30)).start().unwrap();
    assert_eq!(client.wait_ready(PATIENCE), Err(NotReady::Failed(Problem::NoEnvironments)));
    seen(&edge, Route::Poll, 2);
    edge.behave(Behaviour::healthy());
    client.wait_ready_through_refusals(PATIENCE).unwrap();

    edge.behave(json_answer().body("[]"));
    until(&client, "told", |status| status.problem == Some(Problem::NoEnvironments));
    assert_eq!((client.readiness(), served(&client).as_deref()), (Readiness::Ready, Some("one")));
    edge.behave(Behaviour::healthy());
    until(&client, "well", |status| status.problem.is_none());
}

/// The features of a 236 are applied. Then the client sends no request until an explicit refresh (D-23).
#[test]
fn status_236_to_a_poll() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::new().healthy_with_status(236)], Behaviour::healthy());
    let client = ready(quick(&edge).polling(Duration::from_millis(10)));
    let status = until(&client, "stopped", |status| status.connection == Connection::Halted);
    assert_eq!((status.readiness, status.is_stale), (Readiness::Ready, true));
    assert_eq!((status.next_attempt, status.requests), (None, 1));
    assert_eq!(served(&client).as_deref(), Some("one"));
    edge.set_value(FEATURE, "two");
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    arrives(&client, "two");
    assert!(!client.status().is_stale);
    // The client polls again after the refresh.
    seen(&edge, Route::Poll, 4);
}

/// After a 236 reads send no request.
#[test]
fn status_236_to_a_passive_poll() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::new().healthy_with_status(236)], Behaviour::healthy());
    let client = ready(quick(&edge).passive(Duration::from_millis(1)));
    until(&client, "stopped", |status| status.connection == Connection::Halted);
    for _ in 0..100 {
        assert_eq!(served(&client).as_deref(), Some("one"));
    }
    // A request that a read causes would be sent before this command is performed.
    client.offer_features("nothing", ENVIRONMENT, "[]");
    client.flush(PATIENCE).unwrap();
    assert_eq!(client.status().requests, 1);
    assert_eq!(refresh(&client), Ok(Readiness::Ready));
    assert_eq!(edge.recording().count(Route::Poll), 2);
}

/// While a stream with status 236 is open, another context sends no request (D-67).
#[test]
fn status_236_to_a_stream_refuses_another_context() {
    let edge = edge();
    let list = Behaviour::new()
        .head(236, fh_fake_edge::Framing::Chunked)
        .header("content-type", "text/event-stream")
        .ack()
        .features()
        .hang();
    edge.script(Route::Stream, [list], Behaviour::healthy());
    let client = ready(server_evaluated(&edge).streaming());
    let status = until(&client, "stale", |status| status.is_stale);
    assert_eq!((status.connection, status.readiness), (Connection::Streaming, Readiness::Ready));
    let fred = Attributes::builder().user_key("fred").build();
    assert!(matches!(block_on(client.set_context(fred)), Err(Problem::Stale)));
    assert_eq!(edge.recording().count(Route::Stream), 1);
}

/// A 304 changes nothing and notifies no listener. Waiting callers get success.
#[test]
fn status_304() {
    let edge = edge();
    let client = ready(quick(&edge).polling(NEVER));
    let (history, _subscription) = History::of(&client);
    for polls in 2..4 {
        assert_eq!(refresh(&client), Ok(Readiness::Ready));
        let recording = edge.recording();
        assert_eq!(recording.count(Route::Poll), polls);
        assert_eq!(recording.requests.last().unwrap().status, Some(304));
    }
    assert_eq!(served(&client).as_deref(), Some("one"));
    assert_eq!(history.reported(&client), [Readiness::Ready]);
    assert_eq!((client.status().problem, client.status().attempts), (None, 0));
}

/// `Retry-After` replaces a shorter back-off, on each route, with 503 and with 429.
#[test]
fn retry_after() {
    let asks_later = |route: Route, status: u16| {
        let edge = edge();
        let busy = Behaviour::status(status).header("retry-after", "1");
        edge.script(route, [busy], Behaviour::healthy());
        let client = match route {
            Route::Poll => quick(&edge).polling(NEVER),
            _ => quick(&edge).streaming(),
        };
        ready(client);
        not_earlier(&edge.recording().gaps(route), &[Duration::from_secs(1)]);
    };
    std::thread::scope(|scope| {
        for (route, status) in [(Route::Stream, 503), (Route::Stream, 429), (Route::Poll, 429)] {
            scope.spawn(move || asks_later(route, status));
        }
    });
}

/// A date counts from the `Date` of the answer, because clocks differ.
#[test]
fn retry_after_as_a_date() {
    let edge = edge();
    let busy = Behaviour::status(503)
        .header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .header("retry-after", "Sun, 06 Nov 1994 08:49:38 GMT");
    edge.script(Route::Stream, [busy], Behaviour::healthy());
    ready(quick(&edge).streaming());
    not_earlier(&edge.recording().gaps(Route::Stream), &[Duration::from_secs(1)]);
    // A date in the past is ignored.
    let late = Behaviour::status(503)
        .header("date", "Sun, 06 Nov 1994 08:49:37 GMT")
        .header("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT");
    edge.script(Route::Stream, [late], Behaviour::healthy());
    ready(quick(&edge).streaming());
}

/// Once ready, the client repeats a failed poll at the next interval, unless `Retry-After` names a later time.
#[test]
fn retry_after_once_ready() {
    let edge = edge();
    let busy = Behaviour::status(503).header("retry-after", "1");
    edge.script(Route::Poll, [Behaviour::healthy(), busy], Behaviour::healthy());
    let client = ready(quick(&edge).polling(Duration::from_millis(20)));
    seen(&edge, Route::Poll, 3);
    assert_eq!(client.readiness(), Readiness::Ready);
    let gaps = edge.recording().gaps(Route::Poll);
    not_earlier(&gaps, &[Duration::from_millis(20), Duration::from_secs(1)]);
}

/// `Retry-After` counts for at most an hour (D-75).
#[test]
fn retry_after_is_bounded() {
    let edge = edge();
    edge.behave(Behaviour::status(503).header("retry-after", "99999999"));
    let client = quick(&edge).streaming().start().unwrap();
    let status = until(&client, "waiting", |status| status.connection == Connection::Waiting);
    let hour = Duration::from_secs(3600);
    assert!(status.next_attempt.is_some_and(|next| next <= hour && next > hour / 2), "{status}");
}

/// A poll accepts gzip. A stream accepts no compression, because proxies would hold its events back.
#[test]
fn gzip() {
    let edge = edge();
    let list =
        json!([{"id": ENVIRONMENT, "features": [Feature::string(FEATURE, "packed").json()]}]);
    let body = gzipped(list.to_string().as_bytes());
    edge.behave_on(Route::Poll, json_answer().header("content-encoding", "gzip").body(body));
    let client = ready(quick(&edge).polling(NEVER));
    assert_eq!(served(&client).as_deref(), Some("packed"));
    ready(quick(&edge).streaming());
    let recording = edge.recording();
    let accepted = |route| {
        let seen = recording.of(route).next().unwrap();
        seen.request.header("accept-encoding").map(str::to_owned)
    };
    assert!(accepted(Route::Poll).unwrap().contains("gzip"));
    assert_eq!(accepted(Route::Stream).as_deref(), Some("identity"));
}

/// A redirect within the origin is followed, whatever its status, and counts as a request.
#[test]
fn redirects_within_the_origin() {
    for status in [301, 302, 303, 307, 308] {
        for route in [Route::Stream, Route::Poll] {
            let edge = edge();
            let moved = Behaviour::redirect(status, RedirectTo::Prefix("/moved".to_string()));
            edge.script(route, [moved], Behaviour::healthy());
            let client = match route {
                Route::Poll => quick(&edge).polling(NEVER),
                _ => quick(&edge).streaming(),
            };
            let client = ready(client);
            assert_eq!((client.status().requests, edge.recording().count(route)), (2, 2));
            let recording = edge.recording();
            assert!(recording.requests[1].request.path.starts_with("/moved/features"));
        }
    }
}

/// Before the first list a failed poll is repeated after a back-off, not after an interval (D-71).
#[test]
fn before_the_first_list_an_interval_is_not_waited_for() {
    for passive in [false, true] {
        let edge = edge();
        edge.script(Route::Poll, [Behaviour::status(503)], held(Route::Poll, "go"));
        edge.signal("go");
        let builder = quick(&edge);
        let builder = if passive { builder.passive(NEVER) } else { builder.polling(NEVER) };
        ready(builder);
        not_earlier(&edge.recording().gaps(Route::Poll), &[INITIAL / 2]);
    }
}
