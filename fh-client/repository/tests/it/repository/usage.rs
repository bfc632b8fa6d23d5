//! Usage (sdk-behaviour 3, scenarios C-USE).

mod sampling;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_eval::{Attributes, Timestamp};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::system::System;
use fh_repository::{
    Deduplicate, Dispatch, Evaluated, Observer, Params, Repository, RepositoryOptions,
    Subscription, UsageEvent, UsageOptions,
};
use serde_json::json;

use super::{Calls, NOW, PLANNED, flags, plan, publish, quietly, ready, rules, show, user};

/// An observer that keeps its events.
struct Keeps {
    events: Calls<UsageEvent>,
    dispatch: Dispatch,
    flushed: Mutex<Vec<Duration>>,
    closed: AtomicU32,
}

impl Keeps {
    fn new(dispatch: Dispatch) -> Arc<Self> {
        let (events, flushed) = (Calls::new(), Mutex::default());
        Arc::new(Self { events, dispatch, flushed, closed: AtomicU32::new(0) })
    }

    fn evaluated(&self) -> Vec<Evaluated> {
        let events = self.events.take().into_iter();
        events
            .filter_map(|event| match event {
                UsageEvent::Evaluated(event) => Some(event),
                _ => None,
            })
            .collect()
    }

    fn keys(&self) -> Vec<String> {
        self.evaluated().iter().map(|event| event.feature.key.to_string()).collect()
    }
}

impl Observer for Keeps {
    fn observe(&self, event: &UsageEvent) {
        self.events.note(event.clone());
    }

    fn dispatch(&self) -> Dispatch {
        self.dispatch
    }

    fn flush(&self, limit: Duration) {
        self.flushed.lock().unwrap().push(limit);
    }

    fn close(&self) {
        self.closed.fetch_add(1, Ordering::SeqCst);
    }
}

fn observe(repository: &Repository, dispatch: Dispatch) -> (Arc<Keeps>, Subscription) {
    let keeps = Keeps::new(dispatch);
    let guard = repository.observe(keeps.clone(), UsageOptions::default());
    (keeps, guard)
}

fn everything() -> serde_json::Value {
    json!([
        {"id": "1", "key": "on", "type": "BOOLEAN", "value": true},
        {"id": "2", "key": "off", "type": "BOOLEAN", "value": false},
        {"id": "3", "key": "word", "type": "STRING", "value": "x"},
        {"id": "4", "key": "empty", "type": "STRING", "value": ""},
        {"id": "5", "key": "price", "type": "NUMBER", "value": "7.50"},
        {"id": "6", "key": "zero", "type": "NUMBER", "value": 0},
        {"id": "7", "key": "page", "type": "JSON", "value": "{}"},
        {"id": "8", "key": "null", "type": "STRING", "value": null},
        {"id": "9", "key": "gold", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s-gold",
            "value": true, "attributes": [{"fieldName": "plan", "type": "STRING",
            "conditional": "EQUALS", "values": ["gold"]}]}]},
    ])
}

#[test]
fn the_user_key_is_the_attribute_of_the_system_and_goes_before_featurehubs_session() {
    for (system, session) in
        [(System::FeatureHub, Some("s-9")), (System::FeatBit, None), (System::FeatureSignals, None)]
    {
        let repository = ready(&flags(&[("a", true)]));
        let features = Arc::into_inner(rules(&flags(&[("a", true)]))).unwrap().of_system(system);
        repository.publish(Publication { rules: Arc::new(features), cause: Cause::Change });
        let (keeps, _guard) = observe(&repository, Dispatch::Inline);
        let both = Attributes::builder().attribute(system.user_key(), "mara").session("s-9");
        let only = Attributes::builder().session("s-9");
        let nobody = Attributes::builder().country("nz");
        for (attributes, key) in [(both, Some("mara")), (only, session), (nobody, None)] {
            let attributes = Arc::new(attributes.build());
            let _ = repository.read().boolean("a", Some(&attributes));
            repository.record("bought", Params::new(), Some(&attributes));
            let events = keeps.events.take();
            assert_eq!([events[0].user_key(), events[1].user_key()], [key; 2], "{system:?}");
        }
        let _ = repository.read().boolean("a", None);
        assert_eq!(keeps.events.take()[0].user_key(), None);
    }
}

/// Scenarios C-USE-006 and C-USE-007.
#[cfg(panic = "unwind")]
#[test]
fn panics_of_observers_are_caught() {
    struct Panics(Dispatch);
    impl Observer for Panics {
        fn observe(&self, _: &UsageEvent) {
            panic!("{PLANNED}")
        }
        fn dispatch(&self) -> Dispatch {
            self.0
        }
        fn flush(&self, _: Duration) {
            panic!("{PLANNED}")
        }
        fn close(&self) {
            panic!("{PLANNED}")
        }
    }
    let repository = ready(&flags(&[("a", true)]));
    let _inline = repository.observe(Arc::new(Panics(Dispatch::Inline)), UsageOptions::default());
    let queued = repository.observe(Arc::new(Panics(Dispatch::Queued)), UsageOptions::default());
    let (keeps, _guard) = observe(&repository, Dispatch::Queued);
    quietly(|| {
        assert!(repository.read().is_enabled("a", None));
        assert_eq!(
            repository.counters().observer_panics,
            1,
            "inline only: a read waits for nobody else"
        );
        repository.deliver();
        assert_eq!(keeps.keys(), ["a"]);
        assert_eq!(repository.counters().observer_panics, 2);
        drop(queued);
        assert_eq!(repository.counters().observer_panics, 4, "its flush and its close");
        assert!(repository.read().is_enabled("a", None));
    });
}

#[cfg(panic = "unwind")]
#[test]
fn an_observer_whose_dispatch_panics_gets_queued_events() {
    struct Panics(Calls<String>);
    impl Observer for Panics {
        fn observe(&self, event: &UsageEvent) {
            self.0.note(format!("{event:?}"));
        }
        fn dispatch(&self) -> Dispatch {
            panic!("{PLANNED}")
        }
    }
    let repository = ready(&flags(&[("a", true)]));
    let calls = Calls::new();
    let _guard =
        quietly(|| repository.observe(Arc::new(Panics(calls.clone())), UsageOptions::default()));
    assert_eq!(repository.counters().observer_panics, 1);
    assert!(repository.read().is_enabled("a", None));
    assert_eq!(calls.len(), 0);
    repository.deliver();
    assert_eq!(calls.len(), 1);
}

/// Reads by an observer are no uses, because they would never end.
#[test]
fn an_observer_may_read() {
    struct Reads(Repository, Dispatch, AtomicU32);
    impl Observer for Reads {
        fn observe(&self, _: &UsageEvent) {
            self.2.fetch_add(1, Ordering::SeqCst);
            assert!(self.0.read().is_enabled("a", None));
        }
        fn dispatch(&self) -> Dispatch {
            self.1
        }
    }
    for dispatch in [Dispatch::Inline, Dispatch::Queued] {
        let repository = ready(&flags(&[("a", true)]));
        let reads = Arc::new(Reads(repository.clone(), dispatch, AtomicU32::new(0)));
        let _guard = repository.observe(reads.clone(), UsageOptions::default());
        assert!(repository.read().is_enabled("a", None));
        repository.deliver();
        assert_eq!(reads.2.load(Ordering::SeqCst), 1);
        assert_eq!(repository.counters().observer_panics, 0);
        repository.close();
        repository.deliver();
    }
}

#[test]
fn a_use_is_one_flat_record() {
    let repository = ready(&everything());
    let (keeps, _guard) = observe(&repository, Dispatch::Inline);
    let attributes = Attributes::builder().user_key("mara").attribute("value", "attribute").build();
    let _ = repository.read().boolean("off", Some(&Arc::new(attributes)));
    let record = keeps.events.take()[0].record();
    assert_eq!(
        serde_json::Value::Object(record.into_iter().collect()),
        json!({"feature": "off", "value": "off", "id": "2", "environmentId": "env-1", "userkey": "mara"})
    );
    let _ = repository.read().json("page", None);
    let record = keeps.events.take()[0].record();
    assert!(!record.contains_key("value"), "JSON is not sent");
}

#[test]
fn a_full_queue_drops_the_oldest_and_counts() {
    let repository = ready(&everything());
    let keeps = Keeps::new(Dispatch::Queued);
    let _guard =
        repository.observe(keeps.clone(), UsageOptions { queue: 2, ..UsageOptions::default() });
    let (other, _other) = observe(&repository, Dispatch::Queued);
    for key in ["on", "off", "word", "zero"] {
        let _ = repository.read().value(key, None);
    }
    repository.deliver();
    assert_eq!(keeps.keys(), ["word", "zero"]);
    assert_eq!(other.keys(), ["on", "off", "word", "zero"], "each has a queue of its own");
    assert_eq!(repository.counters().dropped_usage, 2);
}

#[test]
fn the_end_of_an_observer() {
    let repository = ready(&flags(&[("a", true)]));
    let (removed, guard) = observe(&repository, Dispatch::Queued);
    let (kept, kept_guard) = observe(&repository, Dispatch::Queued);
    let (inline, _inline) = observe(&repository, Dispatch::Inline);
    let held = repository.snapshot();
    let _ = repository.read().boolean("a", None);
    drop(guard);
    assert_eq!(removed.keys(), ["a"], "what waited for it is handed over");
    assert_eq!(
        (removed.closed.load(Ordering::SeqCst), removed.flushed.lock().unwrap().len()),
        (1, 1)
    );
    let _ = repository.read().boolean("a", None);
    repository.flush_usage(Duration::from_secs(3));
    assert_eq!(*kept.flushed.lock().unwrap(), [Duration::from_secs(3)]);
    assert_eq!(kept.keys(), ["a", "a"]);
    let _ = repository.read().boolean("a", None);
    repository.close();
    repository.deliver();
    assert_eq!((kept.keys(), inline.keys().len()), (vec!["a".to_owned()], 3));
    assert!(repository.read().is_enabled("a", None) && held.is_enabled("a", None));
    repository.record("late", Params::new(), None);
    repository.deliver();
    drop(kept_guard);
    assert_eq!((kept.events.len(), inline.events.len(), removed.events.len()), (0, 0, 0));
    assert_eq!((kept.closed.load(Ordering::SeqCst), inline.closed.load(Ordering::SeqCst)), (1, 1));
    let late = Keeps::new(Dispatch::Inline);
    let _late = repository.observe(late.clone(), UsageOptions::default());
    let _ = repository.read().boolean("a", None);
    assert_eq!((late.events.len(), late.closed.load(Ordering::SeqCst)), (0, 1));
}
