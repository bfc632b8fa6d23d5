//! Where a client runs: the program's runtime, a given one, or a thread of its own (D-81).

use std::time::Duration;

use fh_client::testing::{Fault, MemoryEdge};
use fh_client::transport::{BoxFuture, Response, Transport, TransportError, TransportRequest};
use fh_client::{Client, NotReady, Problem, Readiness};
use fh_fake_edge::{FakeEdge, Feature};

use crate::support::{SOON, builder, quick, soon, started, transport, until};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

fn ambient(edge: &FakeEdge) -> Client {
    Client::builder(edge.url(), edge.client_key())
        .transport(transport())
        .configure(quick)
        .start()
        .unwrap()
}

#[tokio::test]
async fn in_the_runtime_it_is_started_in() {
    let edge = edge();
    let client = ambient(&edge);
    client.ready().await.unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    let mut changes = client.changes("COLOUR");
    edge.set_value("COLOUR", "blue");
    assert_eq!(changes.next().await.unwrap().new.unwrap().to_string(), "blue");
    client.close();
    client.closed().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_runtime_of_several_threads_waiting_may_block() {
    let edge = edge();
    let client = ambient(&edge);
    client.wait_ready(SOON).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
}

#[tokio::test]
async fn blocking_the_only_thread_of_a_runtime_is_an_error() {
    let edge = edge();
    let client = ambient(&edge);
    assert_eq!(client.wait_ready(SOON), Err(NotReady::InsideRuntime));
    assert!(!client.flush(SOON));
    client.ready().await.unwrap();
    // Ready or not: the mistake shows at the first try, not in production.
    assert_eq!(client.wait_ready(SOON), Err(NotReady::InsideRuntime));
}

#[test]
fn without_a_runtime_it_has_a_thread() {
    let edge = edge();
    let client = ambient(&edge);
    client.wait_ready(SOON).unwrap();
    fh_client::block_on(client.refresh()).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
}

#[test]
fn in_a_runtime_that_is_given() {
    let edge = edge();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let client = started(builder(&edge).runtime(runtime.handle().clone()));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    // The runtime goes, and with it the connection: the client says so, and still answers.
    drop(runtime);
    let status = until(&client, |status| status.readiness == Readiness::Closed);
    assert_eq!(status.connection.as_str(), "closed");
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(soon(client.refresh()), Err(Problem::Closed));
    assert_eq!(client.wait_ready(SOON), Err(NotReady::Closed));
}

/// A program's paused clock is the client's clock: hours of retries pass in no time.
#[tokio::test(start_paused = true)]
async fn on_a_paused_clock() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    edge.fail(Fault::Status(404));
    let client = edge.client().start().unwrap();
    let before = tokio::time::Instant::now();
    assert!(matches!(client.ready().await, Err(NotReady::Failed(Problem::NotFound))));
    // 1 minute, 2, 4, 8, 10, less half of it at most.
    client.status_when(|status| status.requests == 6).await.unwrap();
    let passed = before.elapsed();
    assert!(passed >= Duration::from_secs(25 * 60 / 2), "{passed:?}");
    assert!(passed <= Duration::from_secs(25 * 60), "{passed:?}");
    edge.heal();
    client.ready_through_refusals().await.unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
}

/// A stream that says nothing is given up after 90 seconds, on a clock that is not ours.
#[tokio::test(start_paused = true)]
async fn a_silent_stream_on_a_paused_clock() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let client = edge.client().start().unwrap();
    client.ready().await.unwrap();
    let before = tokio::time::Instant::now();
    client.status_when(|status| status.requests == 2).await.unwrap();
    let passed = before.elapsed();
    assert!((Duration::from_secs(90)..Duration::from_secs(93)).contains(&passed), "{passed:?}");
    assert!(client.is_ready());
}

/// A transport that panics.
struct Panics;

impl Transport for Panics {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        if request.headers.len() % 2 == 1 {
            panic!("at once");
        }
        Box::pin(async { panic!("later") })
    }
}

#[test]
fn a_transport_that_panics_ends_nothing() {
    let client = Client::builder("https://edge.example", "e/key*")
        .transport(Panics)
        .configure(quick)
        .start()
        .unwrap();
    let status = until(&client, |status| status.attempts >= 3);
    assert_eq!(status.problem, Some(Problem::Unreachable("the transport panicked".to_string())));
    let updates = client.test_updates();
    let outcome = soon(updates.set("A", fh_client::Update::value(1)));
    assert!(matches!(outcome, Err(fh_client::Refusal::Unreachable(_))));
}
