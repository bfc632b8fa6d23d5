//! Wakers, the bounded queue, and delivery by one thread at a time (D-63).
#![allow(clippy::disallowed_methods, reason = "delivers on several threads")]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_repository::publication::{Cause, RawKind, RawUpdate};
use fh_repository::readiness::Readiness;
use fh_repository::source::Source;
use fh_repository::{
    Dispatch, LockPolicy, Observer, Repository, RepositoryOptions, UsageEvent, UsageOptions,
};
use serde_json::json;

use super::{Calls, change, flags, ignore, options, publish, ready, repository, show, text};

/// Longest wait for another thread, so that a test fails instead of hanging.
const HANGS: Duration = Duration::from_secs(60);

fn raw(number: usize) -> RawUpdate {
    let json = number.to_string().into();
    RawUpdate { source: Source::Polling, environment: None, kind: RawKind::List, json }
}

/// Tests which events call the waker, and that it is called once until a delivery begins.
#[test]
fn the_waker_is_called_when_there_is_work() {
    struct Silent;
    impl Observer for Silent {
        fn observe(&self, _: &UsageEvent) {}
        fn dispatch(&self) -> Dispatch {
            Dispatch::Queued
        }
    }
    struct Nobody;
    impl fh_repository::Interceptor for Nobody {
        fn name(&self) -> &str {
            "nobody"
        }
        fn intercept(&self, _: &fh_repository::InterceptedRead<'_>) -> fh_repository::Flow {
            fh_repository::Flow::Continue
        }
    }
    let repository = ready(&flags(&[("a", true)]));
    let _readiness = repository.on_readiness(|_| {});
    let _raw = repository.on_raw(|_| {});
    let woken = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&woken);
    repository.set_waker(move || {
        counted.fetch_add(1, Ordering::SeqCst);
    });
    assert_eq!(woken.swap(0, Ordering::SeqCst), 1, "for what came before");
    repository.deliver();
    let observer = repository.observe(Arc::new(Silent), UsageOptions::default());
    let held = flags(&[("a", true), ("b", true)]);
    let works: [(&str, &dyn Fn()); 9] = [
        ("publish", &|| publish(&repository, Cause::Change, &flags(&[("a", false)]))),
        ("readiness", &|| show(&repository, Readiness::Failed)),
        ("raw", &|| repository.raw(raw(0))),
        ("usage", &|| ignore(repository.read().boolean("a", None))),
        ("overrides", &|| repository.overrides_changed()),
        ("interceptor", &|| repository.intercept(Arc::new(Nobody), LockPolicy::Respect).detach()),
        ("on_readiness", &|| repository.on_readiness(|_| {}).detach()),
        ("release", &|| {
            repository.catch_updates();
            publish(&repository, Cause::Change, &held);
            repository.deliver();
            woken.store(0, Ordering::SeqCst);
            repository.release();
        }),
        ("close", &|| repository.close()),
    ];
    for (name, work) in works {
        work();
        assert_eq!(woken.load(Ordering::SeqCst), 1, "{name}");
        if name != "close" && name != "release" {
            work();
        }
        repository.raw(raw(1));
        assert_eq!(woken.load(Ordering::SeqCst), 1, "{name}: not twice before a delivery");
        repository.deliver();
        woken.store(0, Ordering::SeqCst);
    }
    drop(observer);
}

/// A waker may deliver by itself, on the stack of the caller that made the work. No lock is held then.
#[test]
fn the_waker_may_deliver() {
    let repository = repository();
    let waker = repository.clone();
    repository.set_waker(move || waker.deliver());
    let calls = Calls::new();
    let (noted, reader) = (calls.clone(), repository.clone());
    let _watch = repository.on_change("a", None, move |_| {
        noted.note(reader.read().boolean("a", None));
        reader.catch_updates();
        reader.stop_catching();
    });
    let noted = calls.clone();
    let _readiness = repository.on_readiness(move |change| noted.note(Some(change.is_first)));
    publish(&repository, Cause::First, &flags(&[("a", true)]));
    show(&repository, Readiness::Ready);
    publish(&repository, Cause::Change, &flags(&[("a", false)]));
    assert_eq!(calls.take(), [Some(false), Some(true), Some(true), Some(false)]);
    repository.close();
}

#[test]
fn a_full_queue_drops_the_oldest_and_counts() {
    let repository = Repository::new(RepositoryOptions { events: 3, ..options() });
    let calls = Calls::new();
    let noted = calls.clone();
    let _raw = repository.on_raw(move |update| noted.note(update.json.to_string()));
    for number in 0..5 {
        repository.raw(raw(number));
    }
    repository.deliver();
    assert_eq!(calls.take(), ["2", "3", "4"]);
    assert_eq!(repository.counters().dropped_events, 2);
}

/// A flood of raw updates may drop intermediate readiness events, but never the last one. The same holds for new states.
#[test]
fn a_flood_does_not_hide_the_last_state() {
    let repository = Repository::new(RepositoryOptions { events: 3, ..options() });
    let (states, news) = (Calls::new(), Calls::new());
    let _raw = repository.on_raw(|_| {});
    let noted = states.clone();
    let _readiness = repository.on_readiness(move |change| noted.note(change.readiness));
    let noted = news.clone();
    let _new_state = repository.on_new_state(move |state| noted.note(state.is_held));
    publish(&repository, Cause::First, &flags(&[("a", true)]));
    show(&repository, Readiness::Failed);
    show(&repository, Readiness::Ready);
    repository.catch_updates();
    publish(&repository, Cause::Change, &flags(&[("a", false)]));
    for number in 0..5 {
        repository.raw(raw(number));
    }
    repository.deliver();
    assert_eq!((states.take(), news.take()), (vec![Readiness::Ready], vec![true]));
    show(&repository, Readiness::Failed);
    repository.deliver();
    assert_eq!((states.take(), news.len()), (vec![Readiness::Failed], 0));
}

/// Events of all kinds are delivered in the order in which they happened.
#[test]
fn events_keep_their_order() {
    let repository = repository();
    let calls = Calls::new();
    let noted = calls.clone();
    let _raw = repository.on_raw(move |update| noted.note(format!("raw {}", update.json)));
    let noted = calls.clone();
    let _readiness =
        repository.on_readiness(move |change| noted.note(change.readiness.to_string()));
    let noted = calls.clone();
    let _new_state = repository.on_new_state(move |_| noted.note("new".to_owned()));
    publish(&repository, Cause::First, &json!([text("a", 1, "1")]));
    repository.raw(raw(1));
    show(&repository, Readiness::Ready);
    publish(&repository, Cause::Change, &json!([text("a", 2, "2")]));
    repository.raw(raw(2));
    show(&repository, Readiness::Failed);
    repository.deliver();
    assert_eq!(calls.take(), ["NOT_READY", "raw 1", "READY", "new", "raw 2", "FAILED"]);
}

/// A second delivery returns at once. The first one does its work as well.
#[cfg(not(target_family = "wasm"))]
#[test]
fn one_deliverer_at_a_time() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let (entered, is_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let may_leave = Mutex::new(may_leave);
    let is_inside = AtomicBool::new(false);
    let calls = Calls::new();
    let noted = calls.clone();
    let _watch = repository.on_change("a", None, move |change| {
        assert!(!is_inside.swap(true, Ordering::SeqCst), "two deliveries at once");
        noted.note(change.new.clone().map(|value| value.to_string()));
        entered.send(()).unwrap();
        may_leave.lock().unwrap().recv_timeout(HANGS).unwrap();
        is_inside.store(false, Ordering::SeqCst);
    });
    publish(&repository, Cause::Change, &json!([text("a", 2, "2")]));
    std::thread::scope(|scope| {
        let first = scope.spawn(|| repository.deliver());
        is_entered.recv().unwrap();
        // The listener is still being called. This delivery does not wait for it.
        change(&repository, &json!([text("a", 3, "3")]));
        assert_eq!(calls.len(), 1);
        leave.send(()).unwrap();
        is_entered.recv().unwrap();
        leave.send(()).unwrap();
        first.join().unwrap();
    });
    let values: Vec<_> = calls.take().into_iter().flatten().collect();
    assert_eq!(values, ["2", "3"]);
    assert_eq!(repository.counters().listener_panics, 0);
}

/// A slow listener does not block reads, publications or registrations (scenario C-LISTEN-008).
#[cfg(not(target_family = "wasm"))]
#[test]
fn a_slow_listener_blocks_only_deliveries() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let (entered, is_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let may_leave = Mutex::new(may_leave);
    let _slow = repository.on_raw(move |_| {
        entered.send(()).unwrap();
        may_leave.lock().unwrap().recv_timeout(HANGS).unwrap();
    });
    repository.raw(raw(0));
    std::thread::scope(|scope| {
        scope.spawn(|| repository.deliver());
        is_entered.recv().unwrap();
        publish(&repository, Cause::Change, &json!([text("a", 2, "2")]));
        assert_eq!(repository.read().string("a", None).as_deref(), Some("2"));
        let guard = repository.on_change("a", None, |_| {});
        repository.catch_updates();
        repository.stop_catching();
        drop(guard);
        leave.send(()).unwrap();
    });
}

/// A listener hangs on one thread, and another thread delivers beside it.
#[cfg(not(target_family = "wasm"))]
#[test]
fn a_hanging_listener_delays_nobody_but_itself() {
    struct Keeps(Calls<&'static str>);
    impl Observer for Keeps {
        fn observe(&self, event: &UsageEvent) {
            if let UsageEvent::Evaluated(_) = event {
                self.0.note("use");
            }
        }
    }
    let repository = Repository::new(RepositoryOptions { events: 3, ..options() });
    publish(&repository, Cause::First, &json!([text("a", 1, "1")]));
    show(&repository, Readiness::Ready);
    repository.deliver();
    let (entered, is_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    let may_leave = Mutex::new(may_leave);
    let (slow, quick) = (Calls::new(), Calls::new());
    let noted = slow.clone();
    let hangs = repository.on_raw(move |update| {
        noted.note(update.json.to_string());
        entered.send(()).unwrap();
        may_leave.lock().unwrap().recv_timeout(HANGS).unwrap();
    });
    let noted = quick.clone();
    let _raw = repository.on_raw(move |update| noted.note(update.json.to_string()));
    let changes = Calls::new();
    let noted = changes.clone();
    let _watch = repository.on_change("a", None, move |_| noted.note("change"));
    let uses = Calls::new();
    let _observer = repository.observe(Arc::new(Keeps(uses.clone())), UsageOptions::default());
    repository.raw(raw(0));
    std::thread::scope(|scope| {
        // A failing assertion drops it, which ends the call.
        let leave = leave;
        let hanging = scope.spawn(|| repository.deliver());
        is_entered.recv_timeout(HANGS).unwrap();
        let calls = repository.calls();
        publish(&repository, Cause::Change, &json!([text("a", 2, "2")]));
        let _ = repository.read().string("a", None);
        repository.deliver();
        assert_eq!(
            (quick.len(), changes.len(), repository.calls()),
            (0, 0, calls),
            "it cannot know"
        );
        repository.deliver_beside();
        assert_eq!((quick.take(), changes.len(), uses.len()), (vec!["0".to_owned()], 1, 1));
        // The listener's own queue is bounded.
        for number in 1..6 {
            repository.raw(raw(number));
            repository.deliver_beside();
        }
        assert_eq!(quick.take(), ["1", "2", "3", "4", "5"]);
        assert_eq!((slow.len(), repository.counters().dropped_events), (1, 2));
        for _ in 0..3 {
            leave.send(()).unwrap();
            is_entered.recv_timeout(HANGS).unwrap();
        }
        leave.send(()).unwrap();
        hanging.join().unwrap();
    });
    assert_eq!(slow.take(), ["0", "3", "4", "5"]);
    drop(hangs);
    repository.raw(raw(6));
    repository.deliver();
    assert_eq!((quick.take(), slow.len()), (vec!["6".to_owned()], 0));
}

/// Change listeners and observers that hang miss nothing either, and each is called by one thread at a time.
#[cfg(not(target_family = "wasm"))]
#[test]
fn a_hanging_listener_gets_its_remaining_events_on_its_own_thread() {
    struct Hangs {
        calls: Calls<usize>,
        entered: Mutex<mpsc::Sender<()>>,
        may_leave: Mutex<mpsc::Receiver<()>>,
        is_inside: AtomicBool,
        closed: AtomicU32,
    }
    impl Hangs {
        fn hang(&self) {
            assert!(!self.is_inside.swap(true, Ordering::SeqCst), "two calls at once");
            self.calls.note(0);
            self.entered.lock().unwrap().send(()).unwrap();
            self.may_leave.lock().unwrap().recv_timeout(HANGS).unwrap();
            self.is_inside.store(false, Ordering::SeqCst);
        }
    }
    struct Observes(Arc<Hangs>);
    impl Observer for Observes {
        fn observe(&self, event: &UsageEvent) {
            if let UsageEvent::Evaluated(_) = event {
                self.0.hang();
            }
        }
        fn close(&self) {
            assert!(!self.0.is_inside.load(Ordering::SeqCst), "closed while it is called");
            self.0.closed.fetch_add(1, Ordering::SeqCst);
        }
    }
    for observes in [false, true] {
        let repository = ready(&json!([text("a", 1, "1")]));
        let (entered, is_entered) = mpsc::channel();
        let (leave, may_leave) = mpsc::channel();
        let hangs = Arc::new(Hangs {
            calls: Calls::new(),
            entered: Mutex::new(entered),
            may_leave: Mutex::new(may_leave),
            is_inside: AtomicBool::new(false),
            closed: AtomicU32::new(0),
        });
        let inner = Arc::clone(&hangs);
        let guard = if observes {
            repository.observe(Arc::new(Observes(inner)), UsageOptions::default())
        } else {
            repository.on_change("a", None, move |_| inner.hang())
        };
        let work = |version: i64| {
            publish(&repository, Cause::Change, &json!([text("a", version, &version.to_string())]));
            let _ = repository.read().string("a", None);
        };
        work(2);
        std::thread::scope(|scope| {
            let leave = leave;
            let hanging = scope.spawn(|| repository.deliver());
            is_entered.recv_timeout(HANGS).unwrap();
            work(3);
            repository.deliver_beside();
            assert_eq!(hangs.calls.len(), 1);
            leave.send(()).unwrap();
            is_entered.recv_timeout(HANGS).unwrap();
            // The guard is dropped during a call, so the thread that makes the call closes the observer.
            drop(guard);
            assert_eq!(hangs.closed.load(Ordering::SeqCst), 0);
            leave.send(()).unwrap();
            hanging.join().unwrap();
        });
        assert_eq!(hangs.calls.len(), 2);
        assert_eq!(hangs.closed.load(Ordering::SeqCst), u32::from(observes));
    }
}

/// Handles and guards can be sent to other threads and shared between them.
#[test]
fn handles_are_send_and_sync() {
    fn crosses<T: Send + Sync + 'static>() {}
    crosses::<Repository>();
    crosses::<fh_repository::Subscription>();
    crosses::<fh_repository::RepositorySnapshot>();
    crosses::<fh_repository::Detail>();
    crosses::<UsageEvent>();
}

/// Tests that a flush, requested while another thread calls the observer, comes after that call and after the events before the flush.
#[cfg(not(target_family = "wasm"))]
#[test]
fn a_flush_waits_for_the_call_of_its_observer() {
    struct Slow {
        calls: Calls<&'static str>,
        entered: mpsc::Sender<()>,
        may_leave: Mutex<mpsc::Receiver<()>>,
    }
    impl Observer for Slow {
        fn observe(&self, event: &UsageEvent) {
            if matches!(event, UsageEvent::Evaluated(_)) {
                self.calls.note("event");
                self.entered.send(()).unwrap();
                self.may_leave.lock().unwrap().recv_timeout(HANGS).unwrap();
            }
        }
        fn flush(&self, _: Duration) {
            self.calls.note("flush");
        }
    }
    let repository = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let ((entered, is_entered), (leave, may_leave)) = (mpsc::channel(), mpsc::channel());
    let slow = Slow { calls: calls.clone(), entered, may_leave: Mutex::new(may_leave) };
    let _observer = repository.observe(Arc::new(slow), UsageOptions::default());
    let _ = repository.read().boolean("a", None);
    std::thread::scope(|scope| {
        // A failing assertion drops it, which ends the call.
        let leave = leave;
        let calling = scope.spawn(|| repository.deliver());
        is_entered.recv_timeout(HANGS).unwrap();
        let _ = repository.read().boolean("a", None);
        repository.deliver_beside();
        repository.flush_usage(Duration::ZERO);
        assert_eq!(calls.len(), 1, "the observer is called by one thread at a time");
        leave.send(()).unwrap();
        is_entered.recv_timeout(HANGS).unwrap();
        leave.send(()).unwrap();
        calling.join().unwrap();
    });
    assert_eq!(calls.take(), ["event", "event", "flush"]);
}
