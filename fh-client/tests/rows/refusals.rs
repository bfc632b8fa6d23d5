//! Refusals: 400, 401, 403, 404, and `failure` on a stream (D-21, D-28, D-114). On first contact the client is `Failed` at once, and
//! retries slowly. Later it keeps its features and retries slowly. An explicit refresh, another context or another key is sent at once.

use fh_client::{Attributes, Client, ClientBuilder, NotReady, Problem, Readiness, block_on};
use fh_fake_edge::{Behaviour, Closing, FakeEdge, Route};

use super::{
    FEATURE, History, NEVER, PATIENCE, REFUSED, arrives, edge, held, not_earlier, quick, ready,
    refresh, seen, served, server_evaluated,
};

const INTERVAL: std::time::Duration = std::time::Duration::from_millis(30);

macro_rules! rows {
    ($check:ident: $($name:ident($route:ident, $refusal:expr);)+) => {
        $(#[test] fn $name() { $check(Route::$route, &$refusal); })+
    };
}

rows! { first_contact:
    a_stream_with_400_on_first_contact(Stream, Refusal::BadRequest);
    a_poll_with_400_on_first_contact(Poll, Refusal::BadRequest);
    a_poll_with_401_on_first_contact(Poll, Refusal::Unauthorised(401));
    a_poll_with_403_on_first_contact(Poll, Refusal::Unauthorised(403));
    a_poll_with_404_on_first_contact(Poll, Refusal::NotFound);
    a_stream_with_failure_on_first_contact(Stream, Refusal::Failure);
}

rows! { later:
    a_stream_with_400_later(Stream, Refusal::BadRequest);
    a_poll_with_400_later(Poll, Refusal::BadRequest);
    a_stream_with_401_later(Stream, Refusal::Unauthorised(401));
    a_poll_with_401_later(Poll, Refusal::Unauthorised(401));
    a_poll_with_403_later(Poll, Refusal::Unauthorised(403));
    a_poll_with_404_later(Poll, Refusal::NotFound);
}

enum Refusal {
    BadRequest,
    Unauthorised(u16),
    NotFound,
    Failure,
}

impl Refusal {
    fn behaviour(&self) -> Behaviour {
        match self {
            Self::BadRequest => Behaviour::status(400),
            Self::Unauthorised(status) => Behaviour::status(*status),
            Self::NotFound => Behaviour::status(404),
            Self::Failure => Behaviour::sse().ack().failure(),
        }
    }

    fn problem(&self) -> Problem {
        match self {
            Self::BadRequest => Problem::BadRequest,
            Self::Unauthorised(status) => Problem::Unauthorised(*status),
            Self::NotFound => Problem::NotFound,
            Self::Failure => {
                Problem::Failure("Unrecognized API key. Please stop requesting.".to_string())
            }
        }
    }
}

fn builder(edge: &FakeEdge, route: Route) -> ClientBuilder {
    match route {
        Route::Poll => quick(edge).polling(INTERVAL),
        _ => quick(edge).streaming(),
    }
}

fn first_contact(route: Route, refusal: &Refusal) {
    let edge = edge();
    edge.script(route, [refusal.behaviour(), refusal.behaviour()], held(route, "go"));
    let client = builder(&edge, route).start().unwrap();
    // The wait of the caller ends with the reason.
    assert_eq!(client.wait_ready(PATIENCE), Err(NotReady::Failed(refusal.problem())));
    let (history, _subscription) = History::of(&client);

    seen(&edge, route, 3);
    let status = client.status();
    assert_eq!(status.readiness, Readiness::Failed);
    assert_eq!(status.problem, Some(refusal.problem()));
    edge.signal("go");
    client.wait_ready_through_refusals(PATIENCE).unwrap();
    assert_eq!(served(&client).as_deref(), Some("one"));
    // `Failed` is notified once, even if the client is refused again.
    assert_eq!(history.reported(&client), [Readiness::Failed, Readiness::Ready]);
    not_earlier(&edge.recording().gaps(route), &[REFUSED / 2, REFUSED]);
}

fn later(route: Route, refusal: &Refusal) {
    let edge = edge();
    let script = [Behaviour::healthy(), refusal.behaviour(), refusal.behaviour()];
    edge.script(route, script, held(route, "go"));
    let client = ready(builder(&edge, route));
    let (history, _subscription) = History::of(&client);
    edge.close_streams(Closing::Rst);

    seen(&edge, route, 4);
    let status = client.status();
    assert_eq!((status.readiness, status.attempts > 1), (Readiness::Ready, true), "{status}");
    assert_eq!(status.problem, Some(refusal.problem()));
    assert_eq!(served(&client).as_deref(), Some("one"));
    edge.set_value(FEATURE, "two");
    edge.signal("go");
    arrives(&client, "two");
    assert_eq!(history.reported(&client), [Readiness::Ready]);
    not_earlier(&edge.recording().gaps(route)[1..], &[REFUSED / 2, REFUSED]);
}

/// In each refused state an explicit refresh sends a request at once.
#[test]
fn an_explicit_refresh_asks_at_once() {
    each_refused(|edge, client| {
        edge.behave(Behaviour::healthy());
        assert_eq!(refresh(client), Ok(Readiness::Ready));
    });
}

/// In each refused state another context sends a request at once.
#[test]
fn another_context_asks_at_once() {
    each_refused(|edge, client| {
        edge.behave(Behaviour::healthy());
        let fred = Attributes::builder().user_key("fred").build();
        let context = block_on(client.set_context(fred)).unwrap();
        assert_eq!(context.string(FEATURE).as_deref(), Some("one"));
        let recording = edge.recording();
        let last = recording.requests.last().unwrap();
        assert_eq!(last.request.header("x-featurehub"), Some("userkey=fred"));
    });
}

/// In each refused state another key sends a request at once.
#[test]
fn another_key_asks_at_once() {
    each_refused(|edge, client| {
        edge.behave(Behaviour::healthy());
        let key = format!("{}x", edge.server_key());
        assert_eq!(block_on(client.set_api_keys([key])), Ok(Readiness::Ready));
    });
}

/// Calls `then` for each refusal, with a client that was refused on first contact and would not retry for an hour.
fn each_refused(then: impl Fn(&FakeEdge, &Client)) {
    let refusals =
        [Refusal::BadRequest, Refusal::Unauthorised(401), Refusal::NotFound, Refusal::Failure];
    for refusal in refusals {
        for route in [Route::Stream, Route::Poll] {
            if matches!((&refusal, route), (Refusal::Failure, Route::Poll)) {
                continue;
            }
            let edge = edge();
            edge.behave(refusal.behaviour());
            let builder = server_evaluated(&edge).configure(|config| {
                config.refused.initial = NEVER;
                config.refused.cap = NEVER;
            });
            let client = match route {
                Route::Poll => builder.polling(NEVER),
                _ => builder.streaming(),
            };
            let client = client.start().unwrap();
            assert_eq!(client.wait_ready(PATIENCE), Err(NotReady::Failed(refusal.problem())));
            then(&edge, &client);
            assert_eq!(edge.recording().count(route), 2);
            assert!(client.is_ready());
        }
    }
}
