//! The registry and the pump, with threads of the tests in place of those of another language.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod threads;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use fh_binding::callbacks::{
    CallFailed, Callback, ConstructorCallbacks, Event, Interest, Invocation, Listener, Pump,
    Registration, Registry, Reports, is_calling,
};
use fh_client::testing::MemoryEdge;
use fh_client::{Client, UsageOptions};

use threads::{Function, PATIENCE, function, started};

fn registry() -> Arc<Registry<Function>> {
    Arc::default()
}

/// Registers a listener for changes of `COLOUR`.
fn listen(
    registry: &Arc<Registry<Function>>,
    client: &Client,
    call: impl Fn(Event) -> Result<(), String> + Send + Sync + 'static,
) -> Registration<Function> {
    let interest = Interest::listener(Listener::Changes("COLOUR".into(), None));
    registry.add(client, function(call), Reports::Each, interest)
}

/// Returns a listener that sends the new value, and the receiver of the values.
fn values() -> (impl Fn(Event) -> Result<(), String> + Send + Sync, Receiver<String>) {
    let (sender, receiver) = channel();
    (move |event| send(&sender, event), receiver)
}

fn send(sender: &Sender<String>, event: Event) -> Result<(), String> {
    let Event::Change(change) = event else { return Err("no change".to_string()) };
    sender.send(change.new.map(|value| value.to_string()).unwrap_or_default()).unwrap();
    Ok(())
}

fn next(values: &Receiver<String>) -> String {
    values.recv_timeout(PATIENCE).unwrap()
}

fn red() -> (MemoryEdge, Client) {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let client = started(&edge);
    (edge, client)
}

#[test]
fn a_late_thread_delays_no_other_listener() {
    let ((edge, client), registry) = (red(), registry());
    let (begun, has_begun) = channel();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let slow = listen(&registry, &client, move |_| {
        begun.send(()).unwrap();
        released.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        Ok(())
    });
    let (call, values) = values();
    let quick = listen(&registry, &client, call);
    edge.set("COLOUR", "blue");
    has_begun.recv_timeout(PATIENCE).unwrap();
    assert_eq!(next(&values), "blue");
    edge.set("COLOUR", "green");
    assert_eq!(next(&values), "green");
    // The slow listener gets the newest value after its call has returned.
    release.send(()).unwrap();
    has_begun.recv_timeout(PATIENCE).unwrap();
    release.send(()).unwrap();
    assert!(slow.is_active() && quick.is_active());
}

#[test]
fn errors_and_panics_are_counted_and_affect_no_other_listener() {
    let ((edge, client), registry) = (red(), registry());
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let failing =
        listen(&registry, &client, move |_| match counted.fetch_add(1, Ordering::Relaxed) {
            0 => Err("an error".to_string()),
            1 => panic!("a panic of a test"),
            _ => Ok(()),
        });
    let (call, values) = values();
    let other = listen(&registry, &client, call);
    for (count, colour) in ["blue", "green", "white"].into_iter().enumerate() {
        edge.set("COLOUR", colour);
        assert_eq!(next(&values), colour);
        client.flush(PATIENCE).unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), count + 1);
        let failures = client.status().counters.listener_panics;
        assert_eq!(failures, [1, 2, 2][count], "{colour}");
    }
    assert!(failing.is_active() && other.is_active());
}

#[test]
fn a_cancelled_listener_is_not_called_and_its_function_is_dropped() {
    let ((edge, client), registry) = (red(), registry());
    let owned = Arc::new(());
    let kept = Arc::clone(&owned);
    let cancelled = listen(&registry, &client, move |_| {
        let _ = &kept;
        panic!("it was cancelled");
    });
    let (call, values) = values();
    let active = listen(&registry, &client, call);
    assert!(!registry.is_empty());
    cancelled.cancel();
    cancelled.cancel();
    assert!(!cancelled.is_active() && active.is_active());
    assert_eq!(Arc::strong_count(&owned), 1);
    edge.set("COLOUR", "blue");
    assert_eq!(next(&values), "blue");
    client.flush(PATIENCE).unwrap();
    assert_eq!(client.status().counters.listener_panics, 0);
    registry.clear();
    assert!(registry.is_empty() && !active.is_active());
    drop(registry);
    active.cancel();
}

/// A listener may close its client, cancel itself and register another listener. It can tell that a wait would wait for itself.
#[test]
fn a_listener_may_change_its_registry() {
    let ((edge, client), registry) = (red(), registry());
    let (sender, done) = channel();
    let own: Arc<Mutex<Option<Registration<Function>>>> = Arc::default();
    let (inside, of_registry, cancels) = (client.clone(), Arc::clone(&registry), Arc::clone(&own));
    assert!(!is_calling());
    let registration = listen(&registry, &client, move |_| {
        let later = listen(&of_registry, &inside, |_| Ok(()));
        cancels.lock().unwrap().take().unwrap().cancel();
        inside.close();
        sender.send((later.is_active(), is_calling())).unwrap();
        Ok(())
    });
    *own.lock().unwrap() = Some(registration);
    edge.set("COLOUR", "blue");
    assert_eq!(done.recv_timeout(PATIENCE).unwrap(), (true, true));
    fh_client::block_on(client.closed());
}

#[test]
fn functions_of_the_constructor_get_the_events_of_the_start() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let callbacks = ConstructorCallbacks::default();
    let (sender, events) = channel();
    let record = |name: &'static str| {
        let sender = sender.clone();
        function(move |event| {
            let is_own = match event {
                Event::Readiness(_) => name == "readiness",
                Event::Status(_) => name == "status",
                Event::Raw(_) => name == "raw",
                Event::Usage(events) => name == "usage" && !events.is_empty(),
                Event::Change(_) => name == "change",
                _ => false,
            };
            assert!(is_own, "{name}");
            sender.send(name).unwrap();
            Ok(())
        })
    };
    let mut builder = edge.client();
    for (name, listener) in [
        ("readiness", Listener::of_setting("on_readiness").unwrap()),
        ("status", Listener::of_setting("on_status").unwrap()),
        ("raw", Listener::of_setting("on_raw").unwrap()),
        ("change", Listener::Changes("COLOUR".into(), None)),
    ] {
        builder = callbacks.add_listener(builder, listener, record(name));
    }
    builder = callbacks.add_observer(builder, UsageOptions::default(), record("usage"));
    let client = builder.start().unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    client.flush(PATIENCE).unwrap();
    let mut seen: Vec<&str> = events.try_iter().collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, ["change", "raw", "readiness", "status", "usage"]);
    let mut functions = 0;
    let visited: Result<(), ()> = callbacks.visit(|_| {
        functions += 1;
        Ok(())
    });
    assert_eq!((visited, functions), (Ok(()), 5));
    callbacks.clear();
    assert!(callbacks.is_empty());
    edge.set("COLOUR", "blue");
    fh_client::block_on(edge.delivered());
    client.flush(PATIENCE).unwrap();
    assert_eq!(events.try_iter().count(), 0);
}

/// A function of which no thread can be started, and its pump.
struct Threadless;
struct Never;

static THREADLESS: Pump<Never> = Pump::new(|_| false);

impl From<Invocation<Threadless>> for Never {
    fn from(_: Invocation<Threadless>) -> Self {
        Self
    }
}

impl Callback for Threadless {
    type Job = Never;

    fn pump() -> &'static Pump<Never> {
        &THREADLESS
    }
}

#[test]
fn without_a_thread_calls_are_left_out() {
    let (edge, client) = red();
    let registry: Arc<Registry<Threadless>> = Arc::default();
    let interest = Interest::listener(Listener::Changes("COLOUR".into(), None));
    let registration = registry.add(&client, Threadless, Reports::Each, interest);
    edge.set("COLOUR", "blue");
    fh_client::block_on(edge.delivered());
    client.flush(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("blue"));
    assert!(registration.is_active());
}

#[test]
fn a_pump_that_has_ended_leaves_jobs_out_and_ends_its_threads() {
    static JOBS: Pump<&'static str> = Pump::new(|seat| {
        std::thread::spawn(move || {
            while let Some((job, progress)) = seat.next() {
                if job == "fails" {
                    progress.fail();
                }
                // The job ends when its progress is dropped, which counts as a failure.
                if job != "forgets" {
                    progress.finish();
                }
            }
            ENDED.fetch_add(1, Ordering::Relaxed);
        });
        STARTED.fetch_add(1, Ordering::Relaxed);
        true
    });
    static STARTED: AtomicUsize = AtomicUsize::new(0);
    static ENDED: AtomicUsize = AtomicUsize::new(0);
    assert_eq!(JOBS.call("works"), Ok(()));
    assert_eq!(JOBS.call("fails"), Err(CallFailed));
    assert_eq!(JOBS.call("forgets"), Err(CallFailed));
    assert_eq!(JOBS.call("works"), Ok(()));
    JOBS.post("works");
    JOBS.end();
    let started = STARTED.load(Ordering::Relaxed);
    let end = std::time::Instant::now() + PATIENCE;
    while ENDED.load(Ordering::Relaxed) < started {
        assert!(std::time::Instant::now() < end, "{started} threads");
        std::thread::yield_now();
    }
    assert_eq!(JOBS.call("fails"), Ok(()), "it is left out");
    assert_eq!(STARTED.load(Ordering::Relaxed), started);
}

#[test]
fn failures_are_reported_each_or_once() {
    assert!(Reports::Each.is_due() && Reports::Each.is_due());
    let first = Reports::first();
    assert!(first.is_due() && !first.is_due());
}
