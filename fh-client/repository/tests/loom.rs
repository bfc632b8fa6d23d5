//! The repository under all possible orders of threads, as loom explores them: `RUSTFLAGS="--cfg loom" cargo test -p fh-repository
//! --release --test loom`, with a target folder of its own. In an ordinary build this file is empty.
#![cfg(loom)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::sync::{Arc, Mutex};

use fh_eval::{Profile, Ruleset, Timestamp, Value};
use fh_repository::publication::{Cause, Publication, RawKind, RawUpdate};
use fh_repository::readiness::Readiness;
use fh_repository::rules::{Environments, Rules};
use fh_repository::source::Source;
use fh_repository::status::SessionStatus;
use fh_repository::{
    Flow, InterceptedRead, Interceptor, LockPolicy, Observer, Repository, RepositoryOptions,
    Subscription, UsageEvent, UsageOptions,
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

fn publish(repository: &Repository, value: u8) {
    let cause = if value == 1 { Cause::First } else { Cause::Change };
    repository.publish(Publication { rules: rules(value), cause });
}

/// Publishes a value on another thread.
fn publish_beside(repository: &Repository, value: u8) -> thread::JoinHandle<()> {
    let repository = repository.clone();
    thread::spawn(move || publish(&repository, value))
}

/// Returns a repository that serves 1 and has nothing left to deliver.
fn repository() -> Repository {
    let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
    publish(&repository, 1);
    repository.deliver();
    repository
}

fn read(repository: &Repository) -> u8 {
    repository.read().string("a", None).unwrap().parse().unwrap()
}

/// The values that listeners got, in a mutex of the standard library, because loom need not see it.
type Told<T> = Arc<Mutex<Vec<T>>>;

fn number(value: Option<&Value>) -> u8 {
    value.map_or(0, |value| value.to_string().parse().unwrap())
}

/// Registers a change listener, which records old and new values.
fn watch(repository: &Repository) -> (Told<(u8, u8)>, Subscription) {
    let told = Told::default();
    let noted = told.clone();
    let guard = repository.on_change("a", None, move |change| {
        noted.lock().unwrap().push((number(change.old.as_ref()), number(change.new.as_ref())));
    });
    (told, guard)
}

/// A waker, and a dispatcher that runs after the waker was called.
#[derive(Clone)]
struct Dispatcher {
    repository: Repository,
    is_due: Arc<AtomicBool>,
}

impl Dispatcher {
    fn new(repository: &Repository) -> Self {
        let is_due = Arc::new(AtomicBool::new(false));
        let flag = is_due.clone();
        // A store would be enough, but loom orders a store and a concurrent exchange too freely.
        repository.set_waker(move || {
            flag.swap(true, Ordering::AcqRel);
        });
        let dispatcher = Self { repository: repository.clone(), is_due };
        dispatcher.run();
        dispatcher
    }

    /// Runs the dispatcher on another thread.
    fn run_beside(&self) -> thread::JoinHandle<()> {
        let dispatcher = self.clone();
        thread::spawn(move || dispatcher.run())
    }

    fn run(&self) {
        while self.is_due.swap(false, Ordering::AcqRel) {
            self.repository.deliver();
        }
    }
}

/// A task that counts its wakes, with an atomic of the standard library, because loom need not see it.
#[derive(Default)]
struct Task(std::sync::atomic::AtomicUsize);

impl std::task::Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
    }
}

/// In every order, a watch that found no update is woken by the next one.
#[test]
fn a_watch_misses_no_update() {
    explore(|| {
        let repository = repository();
        let mut watch = repository.watch();
        let publisher = publish_beside(&repository, 2);
        let task = Arc::<Task>::default();
        let waker = std::task::Waker::from(task.clone());
        let mut context = std::task::Context::from_waker(&waker);
        let is_ready = watch.poll_changed(&mut context).is_ready();
        publisher.join().unwrap();
        let woken = task.0.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(woken, usize::from(!is_ready));
        assert_eq!(watch.poll_changed(&mut context).is_ready(), !is_ready);
        assert_eq!(read(&repository), 2);
    });
}

/// In every order, the last update is served once updates are not held any more.
#[test]
fn no_update_is_lost_when_catching_ends() {
    explore(|| {
        let repository = repository();
        repository.catch_updates();
        let writer = publish_beside(&repository, 2);
        repository.stop_catching();
        writer.join().unwrap();
        assert_eq!(read(&repository), 2);
        assert!(!repository.is_holding());
    });
}

/// An update that is not served is held, and reported as held.
#[test]
fn an_update_is_released_or_held() {
    explore(|| {
        let repository = repository();
        repository.catch_updates();
        let writer = publish_beside(&repository, 2);
        repository.release();
        writer.join().unwrap();
        assert_eq!(repository.is_holding(), read(&repository) == 1);
        repository.release();
        assert_eq!(read(&repository), 2);
    });
}

/// A feature is released by key while an update is published.
#[test]
fn named_releases_lose_no_update() {
    explore(|| {
        let repository = repository();
        repository.catch_updates();
        publish(&repository, 2);
        let writer = publish_beside(&repository, 3);
        repository.release_only(["a"]);
        writer.join().unwrap();
        assert_eq!(repository.is_holding(), read(&repository) == 2);
        repository.release();
        assert_eq!(read(&repository), 3);
    });
}

/// A listener that is registered while an update is published and delivered has the last value: it started with it or was notified of it.
#[test]
fn a_subscriber_misses_nothing() {
    explore(|| {
        let repository = repository();
        let dispatcher = Dispatcher::new(&repository);
        let writer = thread::spawn({
            let (repository, dispatcher) = (repository.clone(), dispatcher.clone());
            move || {
                publish(&repository, 2);
                dispatcher.run();
            }
        });
        let (told, _guard) = watch(&repository);
        writer.join().unwrap();
        dispatcher.run();
        let first: Vec<_> = std::mem::take(&mut *told.lock().unwrap());
        assert!(first.is_empty() || first == [(1, 2)], "{first:?}");
        publish(&repository, 3);
        dispatcher.run();
        assert_eq!(*told.lock().unwrap(), [(2, 3)]);
    });
}

/// Work that arrives during a delivery is part of it, or wakes the dispatcher again.
#[test]
fn no_wake_up_is_lost() {
    explore(|| {
        let repository = repository();
        let dispatcher = Dispatcher::new(&repository);
        let (told, _guard) = watch(&repository);
        publish(&repository, 2);
        let running = dispatcher.run_beside();
        publish(&repository, 3);
        running.join().unwrap();
        dispatcher.run();
        let told = told.lock().unwrap();
        assert!(*told == [(1, 3)] || *told == [(1, 2), (2, 3)], "{told:?}");
    });
}

/// The same holds for events in the queue.
#[test]
fn no_event_is_lost() {
    explore(|| {
        let repository = repository();
        let told = Told::default();
        let noted = told.clone();
        let _guard =
            repository.on_raw(move |update| noted.lock().unwrap().push(update.json.to_string()));
        let dispatcher = Dispatcher::new(&repository);
        let raw = |json: &str| RawUpdate {
            source: Source::Polling,
            environment: None,
            kind: RawKind::List,
            json: json.into(),
        };
        repository.raw(raw("1"));
        let running = dispatcher.run_beside();
        repository.raw(raw("2"));
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
        let repository = repository();
        let told = Told::default();
        let _guard = repository.observe(Arc::new(Counts(told.clone())), UsageOptions::default());
        let dispatcher = Dispatcher::new(&repository);
        let _ = read(&repository);
        let running = dispatcher.run_beside();
        let _ = read(&repository);
        running.join().unwrap();
        dispatcher.run();
        assert_eq!(told.lock().unwrap().len(), 2);
    });
}

/// Two threads deliver at the same time. Together they deliver everything, in order, and the last state comes last.
#[test]
fn two_deliverers_deliver_everything() {
    explore(|| {
        let repository = repository();
        let (told, _guard) = watch(&repository);
        let other = thread::spawn({
            let repository = repository.clone();
            move || {
                publish(&repository, 2);
                repository.deliver();
            }
        });
        publish(&repository, 3);
        repository.deliver();
        other.join().unwrap();
        let told = told.lock().unwrap();
        let last = read(&repository);
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
        fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
            match ask.key {
                "b" => Flow::Override(Some(Value::Text("9".into()))),
                _ => Flow::Continue,
            }
        }
    }
    explore(|| {
        let repository = repository();
        let writer = publish_beside(&repository, 2);
        let status = thread::spawn({
            let repository = repository.clone();
            move || {
                repository.set_status(SessionStatus {
                    readiness: Readiness::Ready,
                    ..SessionStatus::default()
                })
            }
        });
        let _guard = repository.intercept(Arc::new(Fixed), LockPolicy::Respect);
        writer.join().unwrap();
        status.join().unwrap();
        assert_eq!((read(&repository), repository.readiness()), (2, Readiness::Ready));
        assert_eq!(repository.read().string("b", None).as_deref(), Some("9"));
    });
}

/// A readiness listener gets the current state at its start and each later one, once.
#[test]
fn every_readiness_is_delivered() {
    explore(|| {
        let repository = repository();
        let dispatcher = Dispatcher::new(&repository);
        let writer = thread::spawn({
            let repository = repository.clone();
            move || {
                repository.set_status(SessionStatus {
                    readiness: Readiness::Ready,
                    ..SessionStatus::default()
                })
            }
        });
        let told = Told::default();
        let noted = told.clone();
        let _guard = repository.on_readiness(move |change| {
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
        let repository = repository();
        let dispatcher = Dispatcher::new(&repository);
        let told = Told::default();
        let noted = told.clone();
        let _guard = repository.on_readiness(move |change| {
            noted.lock().unwrap().push(change.readiness);
        });
        let running = dispatcher.run_beside();
        repository.close();
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
        let repository = repository();
        let (told, guard) = watch(&repository);
        publish(&repository, 2);
        let running = thread::spawn({
            let repository = repository.clone();
            move || repository.deliver()
        });
        drop(guard);
        publish(&repository, 3);
        repository.deliver();
        running.join().unwrap();
        let told = told.lock().unwrap();
        assert!(told.is_empty() || *told == [(1, 2)] || *told == [(1, 3)], "{told:?}");
    });
}
