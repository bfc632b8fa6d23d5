//! Usage (sdk-behaviour 3, scenarios C-USE).

mod sampling;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fh_eval::{Attributes, Kind, Timestamp, Value};
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::system::System;
use fh_repository::{
    Deduplicate, Dispatch, Evaluated, Flow, InterceptedRead, Interceptor, LockPolicy, Observer,
    Params, Reason, Repository, RepositoryOptions, Subscription, UsageEvent, UsageOptions,
};
use serde_json::json;

use super::{
    Calls, NOW, PLANNED, change, evaluated_for, flags, ignore, plan, publish, quietly, ready,
    repository, rules, show, user,
};

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

/// Scenarios C-USE-001 to C-USE-004: one event per read, with all data. False, 0 and "" are values.
#[test]
fn one_event_for_each_read() {
    for dispatch in [Dispatch::Queued, Dispatch::Inline] {
        let repository = ready(&everything());
        let (keeps, _guard) = observe(&repository, dispatch);
        let gold = plan("gold");
        let rows = [
            ("on", Kind::Boolean, Some("on"), Reason::Static, None),
            ("off", Kind::Boolean, Some("off"), Reason::Static, None),
            ("word", Kind::String, Some("x"), Reason::Static, None),
            ("empty", Kind::String, Some(""), Reason::Static, None),
            ("price", Kind::Number, Some("7.50"), Reason::Static, None),
            ("zero", Kind::Number, Some("0"), Reason::Static, None),
            ("page", Kind::Json, None, Reason::Static, None),
            ("null", Kind::String, None, Reason::Static, None),
            ("gold", Kind::Boolean, Some("on"), Reason::StrategyMatch, Some("s-gold")),
        ];
        for (position, (key, kind, text, reason, strategy)) in rows.into_iter().enumerate() {
            let value = repository.read().value(key, Some(&gold));
            assert_eq!(keeps.events.len(), usize::from(dispatch == Dispatch::Inline));
            repository.deliver();
            let events = keeps.events.take();
            assert_eq!(events.len(), 1, "{key}");
            assert_eq!(events[0].user_key(), Some("mara"));
            assert_eq!(events[0].name(), "feature");
            assert_eq!(events[0].at(), Timestamp::from_millis(NOW));
            let UsageEvent::Evaluated(event) = &events[0] else { panic!("{:?}", events[0]) };
            let feature = &event.feature;
            assert_eq!(&*feature.key, key);
            assert_eq!(feature.text().as_deref(), text, "{key}");
            assert_eq!((feature.kind, &feature.value), (Some(kind), &value), "{key}");
            assert_eq!(feature.id.as_deref(), Some((position + 1).to_string().as_str()));
            assert_eq!(feature.environment.as_deref(), Some("env-1"));
            assert_eq!(feature.strategy_id.as_deref(), strategy);
            assert_eq!((event.reason, &event.interceptor), (reason, &None));
            assert_eq!(event.attributes.as_deref(), Some(&*gold));
        }
    }
}

/// The name of a read, the number of uses that it counts as, and the read.
type Read<'a> = (&'a str, u32, &'a dyn Fn(&str));

/// These reads count as exactly one use each, the others as none (sdk-behaviour 3.2; sdk-behaviour 2.4 for `is_set`).
#[test]
fn what_is_a_use_and_what_is_not() {
    let repository = ready(&everything());
    let (keeps, _guard) = observe(&repository, Dispatch::Inline);
    let held = repository.snapshot();
    let reads: [Read<'_>; 19] = [
        ("is_enabled", 1, &|key| ignore(repository.read().is_enabled(key, None))),
        ("boolean", 1, &|key| ignore(repository.read().boolean(key, None))),
        ("string", 1, &|key| ignore(repository.read().string(key, None))),
        ("number", 1, &|key| ignore(repository.read().number(key, None))),
        ("decimal", 1, &|key| ignore(repository.read().decimal(key, None))),
        ("json", 1, &|key| ignore(repository.read().json(key, None))),
        ("value", 1, &|key| ignore(repository.read().value(key, None))),
        ("detail", 1, &|key| ignore(repository.read().detail(key, None))),
        ("detail_as", 1, &|key| ignore(repository.read().detail_as(key, None, Kind::Number))),
        ("a held snapshot", 1, &|key| ignore(held.boolean(key, None))),
        ("is_set", 0, &|key| ignore(repository.read().is_set(key, None))),
        ("exists", 0, &|key| ignore(repository.read().exists(key))),
        ("peek", 0, &|key| ignore(repository.read().peek(key, None))),
        ("explain", 0, &|key| ignore(repository.read().explain(key, None))),
        ("values", 0, &|_| ignore(repository.read().values(None))),
        ("keys", 0, &|_| ignore(repository.read().keys())),
        ("metadata", 0, &|key| ignore(repository.read().peek(key, None).properties())),
        ("subscribing", 0, &|key| ignore(repository.on_change(key, None, |_| {}))),
        ("status", 0, &|_| {
            ignore((repository.status(), repository.generation(), repository.snapshot()));
        }),
    ];
    for (name, uses, read) in reads {
        read("on");
        assert_eq!(keeps.events.take().len() as u32, uses, "{name}");
        read("missing");
        assert_eq!(keeps.events.take().len(), 0, "{name} of an unknown key");
    }
}

/// Scenario C-USE-005.
#[test]
fn comparisons_of_listeners_are_no_use() {
    let repository = ready(&flags(&[("a", true)]));
    let (keeps, _guard) = observe(&repository, Dispatch::Queued);
    let mara = user("mara");
    let guards: Vec<_> = [None, None, Some(&mara)]
        .map(|attributes| repository.on_change("a", attributes, |_| {}))
        .into_iter()
        .collect();
    change(&repository, &flags(&[("a", false)]));
    repository.deliver();
    assert_eq!(keeps.events.len(), 0);
    drop(guards);
    // Reads by a listener's own code count as uses.
    let reader = repository.clone();
    let watch = repository.on_change("a", None, move |_| ignore(reader.read().boolean("a", None)));
    change(&repository, &flags(&[("a", true)]));
    assert_eq!(keeps.keys(), ["a"]);
    drop(watch);
}

struct Overrides;

impl Interceptor for Overrides {
    fn name(&self) -> &str {
        "overrides"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        if ask.key == "plain" {
            return Flow::Continue;
        }
        Flow::Override(Some(Value::Text("true".into())))
    }
}

/// An override of a known feature is a use with that value and without a strategy. An override of an unknown feature is no use (scenario
/// C-INT-005).
#[test]
fn overrides_are_uses_of_known_features() {
    let repository = ready(&everything());
    let (keeps, _guard) = observe(&repository, Dispatch::Queued);
    let _overrides = repository.intercept(Arc::new(Overrides), LockPolicy::Respect);
    assert!(
        repository.read().is_enabled("gold", Some(&plan("gold")))
            && repository.read().is_enabled("ghost", None)
    );
    repository.deliver();
    let events = keeps.evaluated();
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].feature.value, Some(Value::Bool(true)));
    assert_eq!(events[0].feature.strategy_id, None);
    assert_eq!(events[0].reason, Reason::Intercepted);
    assert_eq!(events[0].interceptor.as_deref(), Some("overrides"));
}

/// A read for another context of a server-evaluated key has no value and is no use.
#[test]
fn a_read_that_is_not_ready_is_no_use() {
    let repository = repository();
    let (fred, mara) = (user("fred"), user("mara"));
    let (keeps, _guard) = observe(&repository, Dispatch::Inline);
    let rules = evaluated_for(&fred, &flags(&[("a", true)]), &[("a", "s-1")]);
    repository.publish(Publication { rules, cause: Cause::First });
    show(&repository, Readiness::Ready);
    assert!(!repository.read().is_enabled("a", Some(&mara)));
    assert_eq!(keeps.events.len(), 0);
    assert!(repository.read().is_enabled("a", Some(&fred)));
    let events = keeps.evaluated();
    assert_eq!(events[0].feature.strategy_id.as_deref(), Some("s-1"));
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

/// Scenario C-USE-008.
#[test]
fn a_named_event_has_all_features_as_the_context_sees_them() {
    let repository = ready(&everything());
    let (keeps, _guard) = observe(&repository, Dispatch::Queued);
    let attributes = Attributes::builder()
        .user_key("mara")
        .attribute("plan", "gold")
        .attribute("tags", ["a", "b"])
        .attribute("word", "attribute")
        .build();
    let attributes = Arc::new(attributes);
    let params: Params = [("cart", json!(3)), ("off", json!("param")), ("plan", json!("param"))]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    repository.record("checkout", params, Some(&attributes));
    repository.deliver();
    let events = keeps.events.take();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].name(), events[0].user_key()), ("checkout", Some("mara")));
    let UsageEvent::Named(named) = &events[0] else { panic!("{:?}", events[0]) };
    assert_eq!(named.features.len(), 9);
    let gold = named.features.iter().find(|feature| &*feature.key == "gold").unwrap();
    assert_eq!(
        (&gold.value, gold.strategy_id.as_deref()),
        (&Some(Value::Bool(true)), Some("s-gold"))
    );
    // Params come first, then features, then attributes. The later value is used.
    assert_eq!(
        serde_json::Value::Object(events[0].record().into_iter().collect()),
        json!({"cart": 3, "on": "on", "off": "off", "word": "attribute", "empty": "", "price": "7.50",
            "zero": "0", "gold": "on", "userkey": "mara", "plan": "gold", "tags": ["a", "b"]})
    );
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

/// Scenario C-USE-009: all features are reported once, when the client is ready for the first time and has a list.
#[test]
fn all_features_are_reported_once() {
    let repository = repository();
    let (keeps, _guard) = observe(&repository, Dispatch::Queued);
    publish(&repository, Cause::First, &everything());
    repository.deliver();
    assert_eq!(keeps.events.len(), 0);
    show(&repository, Readiness::Ready);
    repository.deliver();
    let events = keeps.events.take();
    assert_eq!(events.len(), 1);
    assert_eq!((events[0].name(), events[0].user_key()), ("feature-collection", None));
    let UsageEvent::Collection(all) = &events[0] else { panic!("{:?}", events[0]) };
    assert_eq!(all.features.len(), 9);
    let record = events[0].record();
    assert_eq!((record.len(), &record["off"], &record["zero"]), (7, &json!("off"), &json!("0")));
    show(&repository, Readiness::Failed);
    show(&repository, Readiness::Ready);
    show(&repository, Readiness::NotReady);
    show(&repository, Readiness::Ready);
    change(&repository, &flags(&[("a", true)]));
    assert_eq!(keeps.events.len(), 0);
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
