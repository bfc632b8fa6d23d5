//! The repository under all possible orders of threads, as loom explores them: `RUSTFLAGS="--cfg loom" cargo test -p fh-session --release
//! --test loom`, with a target folder of its own. In an ordinary build this file is empty.
#![cfg(loom)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex};

use fh_eval::{Profile, Ruleset, Timestamp, Value};
use fh_session::{
    Ask, Cause, Environments, Flow, Hub, HubOptions, Interceptor, LockPolicy, Observer,
    Publication, RawKind, RawUpdate, Readiness, Rules, SessionStatus, Source, Subscription,
    UsageEvent, UsageOptions,
};
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

/// Explores all orders of a scenario, without a bound.
fn explore(scenario: impl Fn() + Send + Sync + 'static) {
    loom::model::Builder::new().check(scenario);
}

fn rules(value: u8) -> Arc<Rules> {
    let json = format!(r#"[{{"id": "1", "key": "a", "type": "STRING", "value": "{value}"}}]"#);
    let ruleset = Ruleset::from_json(json.as_bytes(), Profile::Client).unwrap();
    Arc::new(Rules::client_evaluated(ruleset, Environments::Unknown))
}

fn publish(hub: &Hub, value: u8) {
    let cause = if value == 1 { Cause::First } else { Cause::Change };
    hub.publish(Publication { rules: rules(value), cause });
}

/// Returns a repository that serves 1 and has nothing left to deliver.
fn hub() -> Hub {
    let hub = Hub::new(HubOptions::new(|| Timestamp::from_millis(0)));
    publish(&hub, 1);
    hub.deliver();
    hub
}

fn read(hub: &Hub) -> u8 {
    hub.string("a", None).unwrap().parse().unwrap()
}

/// The values that listeners got, in a mutex of the standard library, because loom need not see it.
type Told<T> = Arc<Mutex<Vec<T>>>;

fn number(value: Option<&Value>) -> u8 {
    value.map_or(0, |value| value.to_string().parse().unwrap())
}

/// Registers a change listener, which records old and new values.
fn watch(hub: &Hub) -> (Told<(u8, u8)>, Subscription) {
    let told = Told::default();
    let noted = told.clone();
    let guard = hub.on_change("a", None, move |change| {
        noted.lock().unwrap().push((number(change.old.as_ref()), number(change.new.as_ref())));
    });
    (told, guard)
}

/// A waker, and a dispatcher that runs after the waker was called.
#[derive(Clone)]
struct Dispatcher {
    hub: Hub,
    is_due: Arc<AtomicBool>,
}

impl Dispatcher {
    fn new(hub: &Hub) -> Self {
        let is_due = Arc::new(AtomicBool::new(false));
        let flag = is_due.clone();
        // A store would be enough, but loom orders a store and a concurrent exchange too freely.
        hub.set_waker(move || {
            flag.swap(true, Ordering::AcqRel);
        });
        let dispatcher = Self { hub: hub.clone(), is_due };
        dispatcher.run();
        dispatcher
    }

    fn run(&self) {
        while self.is_due.swap(false, Ordering::AcqRel) {
            self.hub.deliver();
        }
    }
}

/// In every order, the last update is served once updates are not held any more.
#[test]
fn no_update_is_lost_when_catching_ends() {
    explore(|| {
        let hub = hub();
        hub.catch_updates();
        let writer = thread::spawn({
            let hub = hub.clone();
            move || publish(&hub, 2)
        });
        hub.stop_catching();
        writer.join().unwrap();
        assert_eq!(read(&hub), 2);
        assert!(!hub.is_holding());
    });
}

/// An update that is not served is held, and reported as held.
#[test]
fn an_update_is_released_or_held() {
    explore(|| {
        let hub = hub();
        hub.catch_updates();
        let writer = thread::spawn({
            let hub = hub.clone();
            move || publish(&hub, 2)
        });
        hub.release();
        writer.join().unwrap();
        assert_eq!(hub.is_holding(), read(&hub) == 1);
        hub.release();
        assert_eq!(read(&hub), 2);
    });
}

/// A feature is released by key while an update is published.
#[test]
fn named_releases_lose_no_update() {
    explore(|| {
        let hub = hub();
        hub.catch_updates();
        publish(&hub, 2);
        let writer = thread::spawn({
            let hub = hub.clone();
            move || publish(&hub, 3)
        });
        hub.release_only(["a"]);
        writer.join().unwrap();
        assert_eq!(hub.is_holding(), read(&hub) == 2);
        hub.release();
        assert_eq!(read(&hub), 3);
    });
}

/// A listener that is registered while an update is published and delivered has the last value: it started with it or was notified of it.
#[test]
fn a_subscriber_misses_nothing() {
    explore(|| {
        let hub = hub();
        let dispatcher = Dispatcher::new(&hub);
        let writer = thread::spawn({
            let (hub, dispatcher) = (hub.clone(), dispatcher.clone());
            move || {
                publish(&hub, 2);
                dispatcher.run();
            }
        });
        let (told, _guard) = watch(&hub);
        writer.join().unwrap();
        dispatcher.run();
        let first: Vec<_> = std::mem::take(&mut *told.lock().unwrap());
        assert!(first.is_empty() || first == [(1, 2)], "{first:?}");
        publish(&hub, 3);
        dispatcher.run();
        assert_eq!(*told.lock().unwrap(), [(2, 3)]);
    });
}

/// Work that arrives during a delivery is part of it, or wakes the dispatcher again.
#[test]
fn no_wake_up_is_lost() {
    explore(|| {
        let hub = hub();
        let dispatcher = Dispatcher::new(&hub);
        let (told, _guard) = watch(&hub);
        publish(&hub, 2);
        let running = thread::spawn({
            let dispatcher = dispatcher.clone();
            move || dispatcher.run()
        });
        publish(&hub, 3);
        running.join().unwrap();
        dispatcher.run();
        let told = told.lock().unwrap();
        assert!(*told == [(1, 3)] || *told == [(1, 2), (2, 3)], "{told:?}");
    });
}

/// The same holds for events in the queue.
#[test]
fn no_news_is_lost() {
    explore(|| {
        let hub = hub();
        let told = Told::default();
        let noted = told.clone();
        let _guard = hub.on_raw(move |update| noted.lock().unwrap().push(update.json.to_string()));
        let dispatcher = Dispatcher::new(&hub);
        let raw = |json: &str| RawUpdate {
            source: Source::Polling,
            environment: None,
            kind: RawKind::List,
            json: json.into(),
        };
        hub.raw(raw("1"));
        let running = thread::spawn({
            let dispatcher = dispatcher.clone();
            move || dispatcher.run()
        });
        hub.raw(raw("2"));
        running.join().unwrap();
        dispatcher.run();
        assert_eq!(*told.lock().unwrap(), ["1", "2"]);
    });
}

/// The same holds for uses, whose readers load the waker's flag before they write it.
#[test]
fn no_use_is_lost() {
    struct Counts(Told<()>);
    impl Observer for Counts {
        fn observe(&self, event: &UsageEvent) {
            if let UsageEvent::Evaluated(_) = event {
                self.0.lock().unwrap().push(());
            }
        }
    }
    explore(|| {
        let hub = hub();
        let told = Told::default();
        let _guard = hub.observe(Arc::new(Counts(told.clone())), UsageOptions::default());
        let dispatcher = Dispatcher::new(&hub);
        let _ = read(&hub);
        let running = thread::spawn({
            let dispatcher = dispatcher.clone();
            move || dispatcher.run()
        });
        let _ = read(&hub);
        running.join().unwrap();
        dispatcher.run();
        assert_eq!(told.lock().unwrap().len(), 2);
    });
}

/// Two threads deliver at the same time. Together they deliver everything, in order, and the last state comes last.
#[test]
fn two_deliverers_deliver_everything() {
    explore(|| {
        let hub = hub();
        let (told, _guard) = watch(&hub);
        let other = thread::spawn({
            let hub = hub.clone();
            move || {
                publish(&hub, 2);
                hub.deliver();
            }
        });
        publish(&hub, 3);
        hub.deliver();
        other.join().unwrap();
        let told = told.lock().unwrap();
        let last = read(&hub);
        assert_eq!(told.last().map(|(_, new)| *new), Some(last), "{told:?}");
        assert!(told.windows(2).all(|pair| pair[0].1 == pair[1].0), "{told:?}");
    });
}

/// Writers of different parts of the snapshot do not overwrite each other's changes.
#[test]
fn writers_keep_each_others_parts() {
    struct Fixed;
    impl Interceptor for Fixed {
        fn name(&self) -> &str {
            "fixed"
        }
        fn intercept(&self, ask: &Ask<'_>) -> Flow {
            match ask.key {
                "b" => Flow::Override(Some(Value::Text("9".into()))),
                _ => Flow::Continue,
            }
        }
    }
    explore(|| {
        let hub = hub();
        let writer = thread::spawn({
            let hub = hub.clone();
            move || publish(&hub, 2)
        });
        let status = thread::spawn({
            let hub = hub.clone();
            move || hub.set_status(Status { readiness: Readiness::Ready, ..Status::default() })
        });
        let _guard = hub.intercept(Arc::new(Fixed), LockPolicy::Respect);
        writer.join().unwrap();
        status.join().unwrap();
        assert_eq!((read(&hub), hub.readiness()), (2, Readiness::Ready));
        assert_eq!(hub.string("b", None).as_deref(), Some("9"));
    });
}

/// A readiness listener gets the current state at its start and each later one, once.
#[test]
fn readiness_is_told_completely() {
    explore(|| {
        let hub = hub();
        let dispatcher = Dispatcher::new(&hub);
        let writer = thread::spawn({
            let hub = hub.clone();
            move || hub.set_status(Status { readiness: Readiness::Ready, ..Status::default() })
        });
        let told = Told::default();
        let noted = told.clone();
        let _guard = hub.on_readiness(move |change| {
            noted.lock().unwrap().push(change.readiness);
        });
        dispatcher.run();
        writer.join().unwrap();
        dispatcher.run();
        let told = told.lock().unwrap();
        let both = [Readiness::NotReady, Readiness::Ready];
        assert!(*told == both || *told == both[1..], "{told:?}");
    });
}

/// The end is delivered once, by whichever thread delivers.
#[test]
fn the_end_is_told_once() {
    explore(|| {
        let hub = hub();
        let dispatcher = Dispatcher::new(&hub);
        let told = Told::default();
        let noted = told.clone();
        let _guard = hub.on_readiness(move |change| {
            noted.lock().unwrap().push(change.readiness);
        });
        let running = thread::spawn({
            let dispatcher = dispatcher.clone();
            move || dispatcher.run()
        });
        hub.close();
        running.join().unwrap();
        dispatcher.run();
        let told = told.lock().unwrap();
        let both = [Readiness::NotReady, Readiness::Closed];
        assert!(*told == both, "{told:?}");
    });
}

/// No call begins after the guard was dropped: the listener does not get what the thread publishes after the drop.
#[test]
fn a_dropped_guard_ends_calls() {
    explore(|| {
        let hub = hub();
        let (told, guard) = watch(&hub);
        publish(&hub, 2);
        let running = thread::spawn({
            let hub = hub.clone();
            move || hub.deliver()
        });
        drop(guard);
        publish(&hub, 3);
        hub.deliver();
        running.join().unwrap();
        let told = told.lock().unwrap();
        assert!(told.is_empty() || *told == [(1, 2)] || *told == [(1, 3)], "{told:?}");
    });
}
