//! Closing a client in every state (C-CLOSE).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fh_client::{
    Client, Connection, Flow, InterceptedRead, Interceptor, LockPolicy, NotReady, Readiness,
};
use fh_fake_edge::{Behaviour, FakeEdge, Feature, Route};

use crate::support::{PATIENCE, builder, seen, soon, started, until};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

/// Closes a client in any state, and checks the state and the connections that are left.
fn closes(edge: &FakeEdge, client: &Client) {
    client.close();
    assert_eq!(client.readiness(), Readiness::Closed);
    assert_eq!(client.status().connection, Connection::Closed);
    client.close();
    soon(client.closed());
    seen(edge, |seen| seen.open_connections() == 0);
    let requests = edge.recording().requests.len();
    assert_eq!(client.wait_ready(PATIENCE), Err(NotReady::Closed));
    assert!(soon(client.refresh()).is_err());
    client.flush(PATIENCE).unwrap();
    assert_eq!(edge.recording().requests.len(), requests);
    let status = client.status();
    assert_eq!((status.connection, status.next_attempt), (Connection::Closed, None));
}

#[test]
fn while_streaming_and_the_last_values_answer() {
    let edge = edge();
    let client = started(builder(&edge));
    closes(&edge, &client);
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    let fred = client.context().user_key("fred").build();
    assert_eq!(fred.string("COLOUR").as_deref(), Some("red"));
}

#[test]
fn while_resting() {
    let edge = edge();
    let client = started(builder(&edge).polling(PATIENCE));
    closes(&edge, &client);
}

#[test]
fn while_connecting() {
    let edge = edge();
    edge.behave_on(Route::Stream, Behaviour::half_head());
    let client = builder(&edge).start().unwrap();
    edge.wait_for_requests(Route::Stream, 1, PATIENCE).unwrap();
    closes(&edge, &client);
}

#[test]
fn within_a_body() {
    let edge = edge();
    let endless = Behaviour::status(200).drip(1, Duration::from_millis(1)).fill(b' ', 1_000_000);
    edge.behave_on(Route::Poll, endless);
    let client = builder(&edge).polling(PATIENCE).start().unwrap();
    seen(&edge, |seen| seen.of(Route::Poll).any(|poll| poll.written > 0));
    closes(&edge, &client);
}

#[test]
fn while_waiting_to_try_again() {
    let edge = edge();
    edge.behave_on(Route::Stream, Behaviour::status(503).header("retry-after", "3600"));
    let client = builder(&edge).start().unwrap();
    until(&client, |status| status.connection == Connection::Waiting);
    closes(&edge, &client);
}

#[test]
fn while_refused_and_while_stale() {
    for answer in [Behaviour::status(400), Behaviour::new().healthy_with_status(236)] {
        let edge = edge();
        edge.behave_on(Route::Poll, answer);
        let client = builder(&edge).polling(PATIENCE).start().unwrap();
        until(&client, |status| {
            status.connection == Connection::Halted || status.readiness == Readiness::Failed
        });
        closes(&edge, &client);
    }
}

#[test]
fn within_a_listener() {
    let edge = edge();
    let client = started(builder(&edge));
    let (done, closed) = std::sync::mpsc::channel();
    let held = client.clone();
    client
        .on_change("COLOUR", move |_| {
            held.close();
            // A wait inside the listener for that same listener would never end. `flush` returns at once here.
            held.flush(PATIENCE).unwrap();
            done.send(()).unwrap();
        })
        .detach();
    edge.set_value("COLOUR", "blue");
    closed.recv_timeout(PATIENCE).unwrap();
    closes(&edge, &client);
}

#[test]
fn closing_ends_all_waits_with_an_error() {
    let edge = edge();
    edge.behave_on(Route::Stream, Behaviour::silence());
    let client = builder(&edge).start().unwrap();
    edge.wait_for_requests(Route::Stream, 1, PATIENCE).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| client.wait_ready(PATIENCE));
        let refreshing = scope.spawn(|| soon(client.refresh()));
        let updating = scope.spawn(|| {
            edge.behave_on(Route::Put, Behaviour::silence());
            soon(client.test_updates().set("COLOUR", fh_client::Update::value("x")))
        });
        edge.wait_for_requests(Route::Put, 1, PATIENCE).unwrap();
        client.close();
        assert_eq!(waiting.join().unwrap(), Err(NotReady::Closed));
        assert_eq!(refreshing.join().unwrap(), Err(fh_client::Problem::Closed));
        assert_eq!(updating.join().unwrap(), Err(fh_client::Refusal::Closed));
    });
}

#[tokio::test]
async fn waiting_after_closing_returns_closed_at_once() {
    let edge = fh_client::testing::MemoryEdge::new();
    let client = edge.client().runtime(tokio::runtime::Handle::current()).start().unwrap();
    client.ready().await.unwrap();
    client.close();
    // The driver runs on this thread and has not been polled since.
    assert_eq!(client.readiness(), Readiness::Closed);
    assert_eq!(client.ready().await, Err(NotReady::Closed));
    assert_eq!(client.ready_through_refusals().await, Err(NotReady::Closed));
}

#[test]
fn dropping_the_last_handle_is_closing() {
    let edge = edge();
    let client = started(builder(&edge));
    let fred = client.context().user_key("fred").build();
    let feature = fred.feature("COLOUR");
    drop(client);
    drop(fred);
    edge.set_value("SHAPE", "round");
    assert_eq!(edge.recording().live_streams(), 1);
    assert_eq!(feature.string().as_deref(), Some("red"));
    drop(feature);
    seen(&edge, |seen| seen.open_connections() == 0);
}

#[test]
fn listeners_are_notified_of_closing_once_and_streams_end() {
    let edge = edge();
    let client = started(builder(&edge));
    let (told, states) = std::sync::mpsc::channel();
    let _guard = client.on_readiness(move |change| told.send(change.readiness).unwrap_or(()));
    let mut changes = client.changes("COLOUR");
    client.close();
    soon(client.closed());
    assert_eq!(soon(changes.next()), None);
    // The listener was dropped, and the sender with it, so the iteration ends.
    let heard: Vec<_> = states.iter().collect();
    assert_eq!(heard, [Readiness::Ready, Readiness::Closed]);
}

#[test]
fn interceptors_are_closed_once() {
    struct Counts(Arc<AtomicUsize>);
    impl Interceptor for Counts {
        fn name(&self) -> &str {
            "counts"
        }
        fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
            Flow::Continue
        }
        fn close(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    let edge = edge();
    let closed = Arc::new(AtomicUsize::new(0));
    let counts = Counts(Arc::clone(&closed));
    let client = started(builder(&edge).interceptor(counts, LockPolicy::Respect));
    let isolated = client.isolated(fh_client::Attributes::default()).unwrap();
    isolated.close();
    soon(isolated.closed());
    assert_eq!(closed.load(Ordering::Relaxed), 0, "it belongs to the first client");
    client.close();
    soon(client.closed());
    assert_eq!(closed.load(Ordering::Relaxed), 1);
}
