//! Closing: the ends of waits, handles, listeners and interceptors.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fh_client::{Flow, InterceptedRead, Interceptor, LockPolicy, NotReady, Readiness};
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Route};

use crate::support::{PATIENCE, builder, seen, soon, started};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
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
