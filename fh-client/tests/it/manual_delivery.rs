//! Listeners and observers that the program calls on a thread of its own.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};
use std::time::Duration;

use fh_client::testing::{MemoryEdge, SERVER_KEY};
use fh_client::{
    Attributes, Client, ClientBuilder, Dispatch, FlushError, ManualDelivery, Observer, Readiness,
    SummaryWindow, UsageEvent, UsageOptions, UsageSummary,
};
use fh_test::wait::wait_until;

use crate::support::{PATIENCE, soon, started};

/// The program's thread: it delivers whenever the client wakes it.
struct Program {
    woken: Receiver<()>,
    delivery: ManualDelivery,
}

impl Program {
    fn start(builder: ClientBuilder) -> (Client, Self) {
        let (waker, woken) = channel();
        let builder = builder.manual_delivery(move || {
            let _ = waker.send(());
        });
        let client = started(builder);
        let delivery = client.manual_delivery().unwrap();
        (client, Self { woken, delivery })
    }

    /// Delivers, but only when woken, until a condition holds.
    fn deliver_until(&self, mut holds: impl FnMut() -> bool) {
        wait_until("a delivery has an effect", || {
            let is_so = holds();
            if !is_so && self.woken.try_recv().is_ok() {
                self.delivery.deliver();
            }
            is_so
        });
    }
}

/// An observer that records the threads that call it.
struct Threads(Sender<ThreadId>);

impl Observer for Threads {
    fn observe(&self, _: &UsageEvent) {
        self.0.send(thread::current().id()).unwrap();
    }
}

#[test]
fn listeners_are_called_on_the_thread_that_delivers() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let calls = Arc::<Mutex<Vec<(ThreadId, String)>>>::default();
    let record = |calls: &Arc<Mutex<Vec<(ThreadId, String)>>>| {
        let calls = Arc::clone(calls);
        move |text: String| calls.lock().unwrap().push((thread::current().id(), text))
    };
    let (readiness, change) = (record(&calls), record(&calls));
    let builder = edge.client().on_readiness(move |now| readiness(now.readiness.to_string()));
    let (client, program) = Program::start(builder);
    let _subscription =
        client.on_change("COLOUR", move |now| change(now.new.as_ref().unwrap().to_string()));
    edge.set("COLOUR", "blue");
    let mut watch = client.watch();
    while client.string("COLOUR").as_deref() != Some("blue") {
        soon(watch.changed()).unwrap();
    }
    assert_eq!(*calls.lock().unwrap(), [], "no other thread calls a listener");
    let is_called = |text: &str| calls.lock().unwrap().iter().any(|(_, other)| other == text);
    program.deliver_until(|| is_called("READY") && is_called("blue"));
    let me = thread::current().id();
    assert!(calls.lock().unwrap().iter().all(|(thread, _)| *thread == me));
}

#[test]
fn a_flush_waits_for_the_program() {
    let (client, program) = Program::start(MemoryEdge::new().client());
    assert_eq!(client.flush(Duration::from_millis(20)), Err(FlushError::TimedOut));
    let flush = thread::spawn(move || client.flush(PATIENCE));
    program.deliver_until(|| flush.is_finished());
    assert_eq!(flush.join().unwrap(), Ok(()));
}

/// A wait for deliveries on the thread that delivers would wait for itself.
#[test]
fn listeners_may_deliver_and_flush() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let (client, program) = Program::start(edge.client());
    let (sender, outcomes) = channel();
    let (weak, delivery) = (client.downgrade(), program.delivery.clone());
    let _subscription = client.on_change("COLOUR", move |_| {
        let flushed = weak.upgrade().unwrap().flush(PATIENCE);
        sender.send((delivery.deliver(), flushed)).unwrap();
    });
    edge.set("COLOUR", "blue");
    let mut outcome = None;
    program.deliver_until(|| {
        outcome = outcome.or_else(|| outcomes.try_recv().ok());
        outcome.is_some()
    });
    assert_eq!(outcome, Some((None, Ok(()))));
}

#[test]
fn the_handle_does_not_keep_the_client_alive_and_delivers_its_end() {
    let (sender, readiness) = channel();
    let builder = MemoryEdge::new()
        .client()
        .on_readiness(move |change| sender.send(change.readiness).unwrap());
    let (client, program) = Program::start(builder);
    let weak = client.downgrade();
    drop(client);
    assert!(weak.upgrade().is_none());
    let mut seen = Vec::new();
    program.deliver_until(|| {
        seen.extend(readiness.try_iter());
        seen.last() == Some(&Readiness::Closed)
    });
}

#[test]
fn a_closed_client_ends_once_the_program_has_delivered() {
    let (client, program) = Program::start(MemoryEdge::new().client());
    client.close();
    let ended = thread::spawn(move || soon(client.closed()));
    program.deliver_until(|| ended.is_finished());
    ended.join().unwrap();
}

#[test]
fn the_clients_made_from_a_client_use_the_same_thread() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let (sender, threads) = channel();
    let observer = Threads(sender);
    let builder = edge.client_with(SERVER_KEY).observer(observer, UsageOptions::default());
    let (client, program) = Program::start(builder);
    let user = |name: &str| Attributes::builder().user_key(name).build();
    let isolated = client.isolated(user("fred")).unwrap();
    isolated.wait_ready(PATIENCE).unwrap();
    let pool = client.context_pool(2);
    let mary = soon(pool.get(user("mary"))).unwrap();
    let reads = [isolated.string("COLOUR"), mary.string("COLOUR")];
    assert_eq!(reads.map(|value| value.as_deref() == Some("red")), [true, true]);
    let mut observed = Vec::new();
    // One event for each read, and one for the first list of each of the three clients.
    program.deliver_until(|| {
        observed.extend(threads.try_iter());
        observed.len() == 5
    });
    assert!(observed.iter().all(|thread| *thread == thread::current().id()), "{observed:?}");
}

/// An observer of summaries of 50 ms.
struct Summaries(Sender<u64>);

impl Observer for Summaries {
    fn observe(&self, _: &UsageEvent) {}

    fn dispatch(&self) -> Dispatch {
        Dispatch::Summary(SummaryWindow { every: Duration::from_millis(50), distinct: 10 })
    }

    fn summary(&self, summary: &UsageSummary) {
        let counts = summary.counts.iter().map(|counted| counted.count);
        self.0.send(counts.sum()).unwrap();
    }
}

#[test]
fn a_delivery_returns_the_time_of_the_next_summary() {
    let edge = MemoryEdge::new();
    edge.set("COLOUR", "red");
    let (sender, sums) = channel();
    let builder = edge.client().observer(Summaries(sender), UsageOptions::default());
    let (client, program) = Program::start(builder);
    for _ in 0..3 {
        assert!(client.string("COLOUR").is_some());
    }
    let mut counted = 0;
    while counted < 3 {
        let next = program.delivery.deliver().unwrap();
        assert!(next <= Duration::from_secs(10), "{next:?}");
        // Ends at a call of the waker, at the latest when the summary is due.
        let _ = program.woken.recv_timeout(next);
        counted += sums.try_iter().sum::<u64>();
    }
    assert_eq!(counted, 3);
}
