//! The runtime of a client: a thread of its own, or a given runtime (D-119). The tests of `fh-redis` (`runtimes.rs`) cover all
//! kinds of runtimes.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use fh_client::testing::{Fault, MemoryEdge};
use fh_client::transport::{
    Body, BoxFuture, Bytes, Response, Transport, TransportError, TransportRequest,
};
use fh_client::{Client, FlushError, MissingDriver, NotReady, Problem, Readiness, StartError};
use fh_test_servers::featurehub::{FakeEdge, Feature};
use tokio::runtime::{Builder, Handle, Runtime};

use crate::support::{PATIENCE, builder, quick, soon, started, until};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn multi_thread(workers: usize) -> Runtime {
    Builder::new_multi_thread().worker_threads(workers).enable_all().build().unwrap()
}

#[tokio::test]
async fn a_runtime_of_one_thread_may_be_blocked_by_waiting() {
    let edge = edge();
    let client = builder(&edge).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    client.flush(PATIENCE).unwrap();
    let mut changes = client.changes("COLOUR");
    edge.set_value("COLOUR", "blue");
    assert_eq!(changes.next().await.unwrap().new.unwrap().to_string(), "blue");
    client.close();
    client.closed().await;
}

/// A driver that is spawned into the caller's LIFO slot would never run, because other workers do not steal from this slot.
#[test]
fn waiting_in_a_task_of_a_multi_thread_runtime() {
    for workers in [1, 4] {
        let edge = edge();
        let builder = builder(&edge);
        let runtime = multi_thread(workers);
        let waited = runtime.spawn(async move {
            let client = builder.start().unwrap();
            (client.wait_ready(PATIENCE), client.flush(PATIENCE))
        });
        assert_eq!(soon(waited).unwrap(), (Ok(()), Ok(())), "{workers} workers");
    }
}

#[test]
fn a_client_outlives_the_runtime_that_it_was_made_in() {
    let edge = edge();
    let client = current_thread().block_on(async { builder(&edge).start().unwrap() });
    client.wait_ready(PATIENCE).unwrap();
    edge.set_value("COLOUR", "blue");
    crate::support::reads(&client, "COLOUR", "blue");
    assert_eq!(current_thread().block_on(client.refresh()), Ok(Readiness::Ready));
}

#[test]
fn a_runtime_without_timers_and_io_does_not_matter() {
    let edge = edge();
    let runtime = Builder::new_current_thread().build().unwrap();
    let outcome = runtime.block_on(async {
        let client = builder(&edge).start().unwrap();
        client.ready().await
    });
    assert_eq!(outcome, Ok(()));
}

#[test]
fn without_a_runtime_it_has_a_thread() {
    let edge = edge();
    let client = builder(&edge).start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    fh_client::block_on(client.refresh()).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
}

#[test]
fn in_a_runtime_that_is_given() {
    let edge = edge();
    let runtime = multi_thread(1);
    let client = started(builder(&edge).runtime(runtime.handle().clone()));
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    // The connection ends with the runtime. The client reports that it is closed, and reads still answer.
    drop(runtime);
    let status = until(&client, |status| status.readiness == Readiness::Closed);
    assert_eq!(status.connection.as_str(), "closed");
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    assert_eq!(soon(client.refresh()), Err(Problem::Closed));
    assert_eq!(client.wait_ready(PATIENCE), Err(NotReady::Closed));
}

#[test]
fn tasks_of_the_given_runtime_must_not_block_it() {
    let edge = edge();
    for runtime in [current_thread(), multi_thread(1), multi_thread(4)] {
        let builder = builder(&edge).runtime(runtime.handle().clone());
        let task = runtime.spawn(async move {
            let client = builder.start().unwrap();
            assert_eq!(client.wait_ready(PATIENCE), Err(NotReady::InsideRuntime));
            assert_eq!(client.flush(PATIENCE), Err(FlushError::InsideRuntime));
            assert_eq!(fh_client::block_on(client.ready()), Err(NotReady::InsideRuntime));
            client.ready().await.unwrap();
            client.flushed(PATIENCE).await;
            // This is an error even if the client is ready, so that the mistake shows at the first try and not only in
            // production.
            assert_eq!(client.wait_ready(PATIENCE), Err(NotReady::InsideRuntime));
            let inside = client.wait_ready_through_refusals(PATIENCE).unwrap_err();
            assert!(inside.to_string().contains("ready().await"), "{inside}");
            let inside = client.flush(PATIENCE).unwrap_err();
            assert!(inside.to_string().contains("flushed(limit).await"), "{inside}");
            client
        });
        let client = runtime.block_on(async { tokio::time::timeout(PATIENCE, task).await });
        let client = client.expect("in time").unwrap();
        // Threads that run no tasks of this runtime may block, and so may tasks of other runtimes.
        let waiting = client.clone();
        let waits = move || (waiting.wait_ready(PATIENCE), waiting.flush(PATIENCE));
        let waited = runtime.block_on(async { tokio::task::spawn_blocking(waits).await });
        assert_eq!(waited.unwrap(), (Ok(()), Ok(())));
        let waiting = client.clone();
        let other = multi_thread(1);
        let waited = other.spawn(async move { waiting.wait_ready(PATIENCE) });
        assert_eq!(soon(waited).unwrap(), Ok(()));
    }
}

#[test]
fn a_given_runtime_needs_timers_and_io() {
    let edge = edge();
    for (runtime, missing, name) in [
        (Builder::new_current_thread().build(), MissingDriver::TimeAndIo, "enable_all"),
        (Builder::new_multi_thread().enable_io().build(), MissingDriver::Time, "enable_time"),
        (Builder::new_current_thread().enable_time().build(), MissingDriver::Io, "enable_io"),
    ] {
        let runtime = runtime.unwrap();
        let error = builder(&edge).runtime(runtime.handle().clone()).start().unwrap_err();
        assert_eq!(error, StartError::Runtime(missing));
        assert!(error.to_string().contains(name), "{error}");
    }
}

/// The clock of a given runtime is the client's clock. If it is paused, hours of retries pass at once.
#[tokio::test(start_paused = true)]
async fn on_a_paused_clock() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    edge.fail(Fault::Status(404));
    let client = edge.client().runtime(Handle::current()).start().unwrap();
    let before = tokio::time::Instant::now();
    assert!(matches!(client.ready().await, Err(NotReady::Failed(Problem::NotFound))));
    // The delays are 1, 2, 4, 8 and 10 minutes, of which jitter takes at most half.
    client.status_when(|status| status.requests == 6).await.unwrap();
    let passed = before.elapsed();
    assert!(passed >= Duration::from_secs(25 * 60 / 2), "{passed:?}");
    assert!(passed <= Duration::from_secs(25 * 60), "{passed:?}");
    edge.heal();
    client.ready_through_refusals().await.unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
}

/// A silent stream is closed after 90 seconds on a paused clock.
#[tokio::test(start_paused = true)]
async fn a_silent_stream_on_a_paused_clock() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let client = edge.client().runtime(Handle::current()).start().unwrap();
    client.ready().await.unwrap();
    let before = tokio::time::Instant::now();
    client.status_when(|status| status.requests == 2).await.unwrap();
    let passed = before.elapsed();
    assert!((Duration::from_secs(90)..Duration::from_secs(93)).contains(&passed), "{passed:?}");
    assert!(client.is_ready());
}

/// The paused clock of a test affects neither a client with a thread of its own nor the times in its status.
#[tokio::test(start_paused = true)]
async fn a_paused_clock_elsewhere_does_not_move_it() {
    let edge = MemoryEdge::new();
    edge.fail(Fault::Status(404));
    // This clock is ahead of the client's, which must not wait for it.
    tokio::time::advance(Duration::from_secs(3600)).await;
    let client = edge.client().start().unwrap();
    assert!(client.wait_ready(PATIENCE).is_err());
    let next = client.status().next_attempt.unwrap();
    tokio::time::advance(Duration::from_secs(3600)).await;
    let status = client.status();
    assert_eq!(status.requests, 1);
    let minute = Duration::from_secs(60);
    assert!(next <= minute && status.next_attempt.unwrap() <= next, "{next:?} {status}");
    assert!(status.next_attempt.unwrap() > Duration::ZERO, "{status}");
    // The client's own clock continues.
    edge.fail(Fault::Status(503));
    let client = edge.client().configure(quick).start().unwrap();
    std::thread::spawn(move || until(&client, |status| status.requests >= 3)).join().unwrap();
}

/// A subscriber that counts what the client logs.
struct Counts(Arc<AtomicUsize>);

impl tracing::Subscriber for Counts {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        if event.metadata().target().starts_with("fh_client") {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_subscriber_of_one_thread_sees_the_logs_of_a_client_on_that_thread_only() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let seen = Arc::new(AtomicUsize::new(0));
    let runtime = current_thread();
    // If there is only one subscriber, `tracing` asks the subscriber of the first thread that logs, and keeps its answer for all
    // threads.
    let _second = tracing::Dispatch::new(Counts(Arc::default()));
    tracing::subscriber::with_default(Counts(Arc::clone(&seen)), || {
        let client = started(edge.client());
        client.close();
        soon(client.closed());
        assert_eq!(seen.load(Ordering::Relaxed), 0);
        let client = edge.client().runtime(runtime.handle().clone()).start().unwrap();
        runtime.block_on(client.ready()).unwrap();
        assert!(seen.load(Ordering::Relaxed) > 0);
    });
}

/// A transport that panics, either in `send` or in its future.
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

/// A transport whose response bodies record, when they are dropped, whether the client knows by then that its features are stale.
struct Dropping {
    edge: MemoryEdge,
    client: Arc<OnceLock<Client>>,
    stale: Arc<Mutex<Vec<bool>>>,
}

struct DroppingBody {
    body: Body,
    client: Arc<OnceLock<Client>>,
    stale: Arc<Mutex<Vec<bool>>>,
}

impl Transport for Dropping {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        let sent = self.edge.send(request);
        let (client, stale) = (Arc::clone(&self.client), Arc::clone(&self.stale));
        Box::pin(async {
            let Response { head, body, .. } = sent.await?;
            Ok(Response::new(head, Box::pin(DroppingBody { body, client, stale })))
        })
    }
}

impl futures_core::Stream for DroppingBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.body.as_mut().poll_next(cx)
    }
}

impl Drop for DroppingBody {
    fn drop(&mut self) {
        if let Some(client) = self.client.get() {
            self.stale.lock().unwrap().push(client.status().is_stale);
        }
    }
}

/// Otherwise `MemoryEdge::delivered` would return before reads show the effect of the last event.
#[test]
fn a_stream_ends_after_the_client_shows_what_it_brought() {
    let edge = MemoryEdge::new();
    let (client, stale) = (Arc::new(OnceLock::new()), Arc::new(Mutex::new(Vec::new())));
    let transport =
        Dropping { edge: edge.clone(), client: Arc::clone(&client), stale: Arc::clone(&stale) };
    let client = client.get_or_init(|| started(edge.client().transport(transport)));
    edge.send_event("config", r#"{"edge.stale":true}"#);
    soon(edge.delivered());
    assert_eq!(*stale.lock().unwrap(), [true]);
    client.close();
}
