//! Interceptors (D-78, sdk-behaviour 2.8, scenarios C-INT).

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use fh_eval::{Kind, Number, Value};
use fh_repository::notice::Notice;
use fh_repository::publication::{Cause, Publication};
use fh_repository::readiness::Readiness;
use fh_repository::{
    Flow, InterceptedRead, Interceptor, LockPolicy, Reason, Repository, Subscription,
};
use serde_json::json;

use super::{
    Calls, PLANNED, change, evaluated_for, flags, quietly, ready, repository, show, text,
    text_value, user,
};

/// An interceptor with overrides from a map, which counts its calls.
#[derive(Default)]
struct Fixed {
    name: &'static str,
    values: Mutex<HashMap<&'static str, Option<Value>>>,
    asked: Mutex<Vec<String>>,
    closed: AtomicU32,
}

impl Fixed {
    fn new(name: &'static str, values: &[(&'static str, Option<Value>)]) -> Arc<Self> {
        let values = Mutex::new(values.iter().cloned().collect());
        Arc::new(Self { name, values, ..Self::default() })
    }
}

impl Interceptor for Fixed {
    fn name(&self) -> &str {
        self.name
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        let known =
            ask.feature.map_or("unknown", |feature| feature.kind().map_or("?", Kind::as_str));
        let attributes = ask
            .attributes
            .and_then(|attributes| attributes.get("userkey")?.next().map(str::to_owned));
        self.asked.lock().unwrap().push(format!(
            "{} {known} {}",
            ask.key,
            attributes.unwrap_or_default()
        ));
        match self.values.lock().unwrap().get(ask.key) {
            Some(value) => Flow::Override(value.clone()),
            None => Flow::Continue,
        }
    }

    fn close(&self) {
        self.closed.fetch_add(1, Ordering::SeqCst);
    }
}

fn with(repository: &Repository, values: &[(&'static str, Option<Value>)]) -> Subscription {
    repository.intercept(Fixed::new("fixed", values), LockPolicy::default())
}

fn notices(repository: &Repository) -> (Calls<Notice>, Subscription) {
    let calls = Calls::new();
    let noted = calls.clone();
    (calls, repository.on_notice(move |notice| noted.note(notice.clone())))
}

fn number(text: &str) -> Option<Value> {
    Number::parse(text).map(Value::Number)
}

fn json_value(text: &str) -> Option<Value> {
    Some(Value::Json(text.into()))
}

/// Scenario C-INT-001.
#[test]
fn overrides_replace_rules_with_a_reason() {
    let repository = ready(&json!([text("a", 4, "server")]));
    let guard = with(&repository, &[("a", text_value("local"))]);
    assert_eq!(repository.read().string("a", None).as_deref(), Some("local"));
    let detail = repository.read().detail("a", Some(&user("mara")));
    assert_eq!(
        (detail.reason, detail.interceptor.as_deref()),
        (Reason::Intercepted, Some("fixed"))
    );
    assert_eq!((detail.strategy_id, detail.version, detail.exists), (None, 4, true));
    let text = repository.read().explain("a", None).to_string();
    assert!(
        text.contains("a = local: the interceptor fixed overrides the value")
            && text.contains("server"),
        "{text}"
    );
    assert_eq!(repository.snapshot().string("a", None).as_deref(), Some("local"));
    drop(guard);
    assert_eq!(repository.read().string("a", None).as_deref(), Some("server"));
    assert_eq!(repository.read().detail("a", None).interceptor, None);
}

/// The feature may exist, but the client does not know its value for the context.
#[test]
fn an_override_for_a_context_without_features_is_explained() {
    let repository = repository();
    let _guard = with(&repository, &[("a", text_value("local")), ("none", text_value("local"))]);
    let (fred, mara) = (user("fred"), user("mara"));
    let explained = |key: &str, attributes| repository.read().explain(key, attributes).to_string();
    let not_ready = "a = local: the interceptor fixed overrides the value\na: the client has no features for this context yet";
    assert_eq!(explained("a", None), not_ready);
    let rules = evaluated_for(&fred, &json!([text("a", 4, "server")]), &[]);
    repository.publish(Publication { rules, cause: Cause::First });
    show(&repository, Readiness::Ready);
    assert_eq!(explained("a", Some(&mara)), not_ready);
    assert!(explained("a", Some(&fred)).contains("server"));
    assert!(explained("none", Some(&fred)).contains("none: there is no such feature"));
}

/// Scenarios C-INT-002 and C-INT-003, with each policy.
#[test]
fn a_lock_policy_decides_on_locked_features() {
    let locked = json!([{"id": "1", "key": "a", "type": "BOOLEAN", "value": false, "l": true}]);
    for (policy, is_asked) in
        [(LockPolicy::Respect, false), (LockPolicy::Override, true), (LockPolicy::Decide, true)]
    {
        let repository = ready(&locked);
        let fixed = Fixed::new("fixed", &[("a", Some(Value::Bool(true)))]);
        let _guard = repository.intercept(fixed.clone(), policy);
        assert_eq!(repository.read().is_enabled("a", None), is_asked, "{policy:?}");
        assert_eq!(fixed.asked.lock().unwrap().len(), usize::from(is_asked), "{policy:?}");
        let reason = if is_asked { Reason::Intercepted } else { Reason::Static };
        assert_eq!(repository.read().detail("a", None).reason, reason);
        assert!(repository.read().detail("a", None).is_locked);
        change(&repository, &flags(&[("a", false)]));
        assert!(repository.read().is_enabled("a", None), "{policy:?}: unlocked");
    }
    assert_eq!(LockPolicy::default(), LockPolicy::Respect);
}

/// An interceptor that decides can see the lock.
#[test]
fn an_interceptor_sees_the_lock() {
    struct KeepsLocks;
    impl Interceptor for KeepsLocks {
        fn name(&self) -> &str {
            "keeps-locks"
        }
        fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
            match ask.feature {
                Some(feature) if feature.is_locked() => Flow::Continue,
                _ => Flow::Override(Some(Value::Bool(true))),
            }
        }
    }
    let mut list = flags(&[("a", false), ("b", false)]);
    list[0]["l"] = true.into();
    let repository = ready(&list);
    let _guard = repository.intercept(Arc::new(KeepsLocks), LockPolicy::Decide);
    assert!(!repository.read().is_enabled("a", None) && repository.read().is_enabled("b", None));
}

/// Scenario C-INT-004.
#[test]
fn the_first_registered_answers() {
    let repository = ready(&json!([text("a", 1, "x"), text("b", 1, "x"), text("c", 1, "x")]));
    let one = Fixed::new("one", &[("a", text_value("1"))]);
    let two = Fixed::new("two", &[("a", text_value("2")), ("b", text_value("2"))]);
    let first = repository.intercept(one.clone(), LockPolicy::Respect);
    let _second = repository.intercept(two.clone(), LockPolicy::Respect);
    let read = |key| repository.read().string(key, None).unwrap().to_string();
    assert_eq!((read("a"), read("b"), read("c")), ("1".into(), "2".into(), "x".into()));
    assert_eq!(*two.asked.lock().unwrap(), ["b STRING ", "c STRING "], "an answer ends the chain");
    drop(first);
    assert_eq!(read("a"), "2");
}

/// The interceptor gets the feature and the context.
#[test]
fn interceptors_get_feature_and_context() {
    let repository = ready(&json!([text("a", 1, "x")]));
    let fixed = Fixed::new("fixed", &[]);
    let _guard = repository.intercept(fixed.clone(), LockPolicy::Respect);
    let mara = user("mara");
    let _ = (repository.read().string("a", Some(&mara)), repository.read().string("b", None));
    assert_eq!(*fixed.asked.lock().unwrap(), ["a STRING mara", "b unknown "]);
}

/// Scenario C-INT-006: the conversions of each type. `None` stands for a refusal.
#[test]
fn values_are_converted_to_the_features_type() {
    let text = |text: &str| text_value(text);
    let rows: [(Kind, Option<Value>, Option<Value>); 24] = [
        (Kind::Boolean, Some(Value::Bool(true)), Some(Value::Bool(true))),
        (Kind::Boolean, text("true"), Some(Value::Bool(true))),
        (Kind::Boolean, text("TRUE"), Some(Value::Bool(true))),
        (Kind::Boolean, text("False"), Some(Value::Bool(false))),
        (Kind::Boolean, json_value("true"), Some(Value::Bool(true))),
        (Kind::Boolean, text("yes"), None),
        (Kind::Boolean, text(""), None),
        (Kind::Boolean, number("1"), None),
        (Kind::Number, number("7.50"), number("7.50")),
        (Kind::Number, text("17.65"), number("17.65")),
        (Kind::Number, text("-1e3"), number("-1000")),
        (Kind::Number, json_value("4"), number("4")),
        (Kind::Number, text("seven"), None),
        (Kind::Number, text(""), None),
        (Kind::Number, Some(Value::Bool(true)), None),
        (Kind::String, text(""), text("")),
        (Kind::String, Some(Value::Bool(false)), text("false")),
        (Kind::String, number("7.50"), text("7.50")),
        (Kind::String, json_value("{}"), text("{}")),
        (Kind::Json, json_value("{\"a\":1}"), json_value("{\"a\":1}")),
        (Kind::Json, text("[1, 2]"), json_value("[1, 2]")),
        (Kind::Json, Some(Value::Bool(true)), json_value("true")),
        (Kind::Json, json_value("{"), None),
        (Kind::Json, text("plain"), None),
    ];
    for (kind, given, expected) in rows {
        let (key, server) = match kind {
            Kind::Boolean => ("flag", Value::Bool(false)),
            Kind::Number => ("price", number("3").unwrap()),
            Kind::String => ("word", Value::Text("server".into())),
            _ => ("page", Value::Json("null".into())),
        };
        let repository = ready(&json!([
            {"id": "1", "key": "flag", "type": "BOOLEAN", "value": false},
            {"id": "2", "key": "price", "type": "NUMBER", "value": 3},
            {"id": "3", "key": "word", "type": "STRING", "value": "server"},
            {"id": "4", "key": "page", "type": "JSON", "value": "null"},
        ]));
        let (told, _notices) = notices(&repository);
        let _guard = with(&repository, &[(key, given.clone())]);
        let detail = repository.read().detail_as(key, None, kind);
        let name = format!("{given:?} for {kind}");
        match expected {
            Some(expected) => {
                assert_eq!(
                    (detail.value, detail.reason),
                    (Some(expected), Reason::Intercepted),
                    "{name}"
                );
                assert_eq!(repository.counters().refused_overrides, 0, "{name}");
            }
            None => {
                assert_eq!((detail.value, detail.reason), (Some(server), Reason::Static), "{name}");
                assert_eq!(repository.counters().refused_overrides, 1, "{name}");
            }
        }
        repository.deliver();
        let refused = repository.counters().refused_overrides as usize;
        assert_eq!(told.len(), refused);
        let hides = |notice: &Notice| !notice.to_string().contains("plain");
        assert!(told.take().iter().all(hides), "a value does not belong in a log");
        // As another type than the feature's there is no value, converted or not.
        let other = if kind == Kind::String { Kind::Json } else { Kind::String };
        assert_eq!(
            repository.read().detail_as(key, None, other).reason,
            Reason::TypeMismatch,
            "{name}"
        );
    }
}

/// After a refused override the next interceptor is called. The same refusal is reported once.
#[test]
fn a_refused_override_goes_on_to_the_next() {
    let repository = ready(&flags(&[("a", false), ("b", false)]));
    let (told, _notices) = notices(&repository);
    let _bad = with(&repository, &[("a", text_value("maybe")), ("b", text_value("perhaps"))]);
    let good = Fixed::new("good", &[("a", text_value("true"))]);
    let _good = repository.intercept(good, LockPolicy::Respect);
    for _ in 0..3 {
        assert!(repository.read().is_enabled("a", None));
        assert!(!repository.read().is_enabled("b", None));
    }
    repository.deliver();
    let refusal = |feature: &str| Notice::OverrideRefused {
        interceptor: "fixed".to_owned(),
        feature: feature.to_owned(),
        why: "the value is neither true nor false".to_owned(),
    };
    assert_eq!(told.take(), [refusal("a"), refusal("b")]);
    assert_eq!(repository.counters().refused_overrides, 6);
}

/// A notice counts as reported only once a listener gets it.
#[test]
fn a_listener_that_is_registered_later_gets_notices_about_interceptors() {
    let repository = ready(&flags(&[("a", false)]));
    let _bad = with(&repository, &[("a", text_value("maybe"))]);
    assert!(!repository.read().is_enabled("a", None));
    repository.deliver();
    let (told, _notices) = notices(&repository);
    for _ in 0..3 {
        assert!(!repository.read().is_enabled("a", None));
    }
    repository.deliver();
    assert!(matches!(told.take().as_slice(), [Notice::OverrideRefused { .. }]));
}

/// Notices about ever new features do not use up the memory.
#[test]
fn notices_about_overrides_are_bounded() {
    let keys: Vec<String> = (0..2_000).map(|number| format!("f{number}")).collect();
    let list: Vec<(&str, bool)> = keys.iter().map(|key| (&**key, false)).collect();
    struct Nonsense;
    impl Interceptor for Nonsense {
        fn name(&self) -> &str {
            "nonsense"
        }
        fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
            Flow::Override(text_value("nonsense"))
        }
    }
    let repository =
        Repository::new(fh_repository::RepositoryOptions { events: 10_000, ..super::options() });
    super::publish(&repository, Cause::First, &flags(&list));
    let (told, _notices) = notices(&repository);
    let _guard = repository.intercept(Arc::new(Nonsense), LockPolicy::Respect);
    for key in &keys {
        assert!(!repository.read().is_enabled(key, None));
    }
    repository.deliver();
    assert_eq!(repository.counters().refused_overrides, 2_000);
    assert!((1..2_000).contains(&told.len()), "{}", told.len());
}

/// An override with null removes the value.
#[test]
fn an_override_may_take_the_value_away() {
    let repository = ready(&flags(&[("a", true)]));
    let _guard = with(&repository, &[("a", None), ("unknown", None)]);
    assert_eq!(repository.read().boolean("a", None), None);
    assert!(!repository.read().is_enabled("a", None) && !repository.read().is_set("a", None));
    assert_eq!(repository.read().detail("a", None).reason, Reason::Intercepted);
    assert_eq!(repository.read().detail_as("a", None, Kind::Boolean).reason, Reason::NotSet);
    assert_eq!(repository.read().detail_as("a", None, Kind::Number).reason, Reason::TypeMismatch);
    assert_eq!(repository.read().detail_as("unknown", None, Kind::Number).reason, Reason::NotSet);
    assert!(
        repository
            .read()
            .explain("a", None)
            .to_string()
            .contains("a has no value: the interceptor fixed overrides the value")
    );
}

/// An override, and its value as boolean, string, number and JSON.
type Lenient =
    (Option<Value>, Option<bool>, Option<&'static str>, Option<f64>, Option<&'static str>);

/// Scenario C-INT-005: an override of a key without a feature can be read as each type that its text allows.
#[test]
fn an_unknown_key_is_read_leniently() {
    let rows: [Lenient; 6] = [
        (text_value("true"), Some(true), Some("true"), None, Some("true")),
        (text_value("17.65"), None, Some("17.65"), Some(17.65), Some("17.65")),
        (Some(Value::Bool(false)), Some(false), Some("false"), None, Some("false")),
        (number("3"), None, Some("3"), Some(3.0), Some("3")),
        (json_value("{}"), None, Some("{}"), None, Some("{}")),
        (None, None, None, None, None),
    ];
    for (value, boolean, string, number, json) in rows {
        for repository in [repository(), ready(&flags(&[("a", true)]))] {
            let _guard = with(&repository, &[("ghost", value.clone())]);
            assert_eq!(repository.read().boolean("ghost", None), boolean, "{value:?}");
            assert_eq!(repository.read().string("ghost", None).as_deref(), string, "{value:?}");
            assert_eq!(repository.read().number("ghost", None), number, "{value:?}");
            assert_eq!(repository.read().json("ghost", None).as_deref(), json, "{value:?}");
            assert_eq!(repository.read().value("ghost", None), value);
            assert_eq!(repository.read().is_set("ghost", None), value.is_some());
            assert!(!repository.read().exists("ghost"), "overrides do not make a feature exist");
            let detail = repository.read().detail("ghost", None);
            assert_eq!((detail.reason, detail.exists), (Reason::Intercepted, false));
            assert_eq!((detail.kind, detail.version, detail.id), (None, -1, None));
        }
    }
}

/// Scenario C-INT-007.
#[cfg(panic = "unwind")]
#[test]
fn an_interceptor_that_panics_is_skipped() {
    struct Panics;
    impl Interceptor for Panics {
        fn name(&self) -> &str {
            "panics"
        }
        fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
            panic!("{PLANNED}")
        }
        fn close(&self) {
            panic!("{PLANNED}")
        }
    }
    let repository = ready(&flags(&[("a", true), ("b", false)]));
    let (told, _notices) = notices(&repository);
    let panics = repository.intercept(Arc::new(Panics), LockPolicy::Respect);
    let _next = with(&repository, &[("b", text_value("true"))]);
    quietly(|| {
        for _ in 0..2 {
            assert!(
                repository.read().is_enabled("a", None) && repository.read().is_enabled("b", None)
            );
        }
        repository.deliver();
        let notice = Notice::InterceptorPanicked { interceptor: "panics".to_owned() };
        assert_eq!(told.take(), [notice], "once");
        assert_eq!(repository.counters().interceptor_panics, 4);
        drop(panics);
    });
    assert_eq!(repository.counters().interceptor_panics, 5, "its close panicked");
}

#[cfg(panic = "unwind")]
#[test]
fn an_interceptor_without_a_name_is_registered() {
    struct Nameless;
    impl Interceptor for Nameless {
        fn name(&self) -> &str {
            panic!("{PLANNED}")
        }
        fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
            Flow::Override(Some(Value::Bool(true)))
        }
    }
    let repository = ready(&flags(&[("a", false)]));
    let (told, _notices) = notices(&repository);
    let _guard = quietly(|| repository.intercept(Arc::new(Nameless), LockPolicy::Respect));
    repository.deliver();
    assert_eq!(told.take(), [Notice::InterceptorPanicked { interceptor: "unnamed".to_owned() }]);
    assert!(repository.read().is_enabled("a", None));
}

/// Scenario C-INT-008. An interceptor that is removed is closed then.
#[test]
fn interceptors_are_closed_once() {
    let repository = ready(&flags(&[("a", true)]));
    let [removed, kept, detached] = ["removed", "kept", "detached"]
        .map(|name| Fixed::new(name, &[("a", Some(Value::Bool(false)))]));
    let guard = repository.intercept(removed.clone(), LockPolicy::Respect);
    let kept_guard = repository.intercept(kept.clone(), LockPolicy::Respect);
    repository.intercept(detached.clone(), LockPolicy::Respect).detach();
    let closed = || [&removed, &kept, &detached].map(|fixed| fixed.closed.load(Ordering::SeqCst));
    drop(guard);
    assert_eq!(closed(), [1, 0, 0]);
    repository.close();
    repository.close();
    repository.deliver();
    repository.deliver();
    assert_eq!(closed(), [1, 1, 1]);
    assert_eq!(
        repository.read().boolean("a", None),
        Some(false),
        "the last values go on answering"
    );
    drop(kept_guard);
    assert_eq!(closed(), [1, 1, 1]);
    let late = Fixed::new("late", &[]);
    let _late = repository.intercept(late.clone(), LockPolicy::Respect);
    assert_eq!(late.closed.load(Ordering::SeqCst), 1);
}

/// An interceptor that reads features, even the one that it is called for, causes no endless recursion.
#[test]
fn interceptors_may_read_features() {
    struct Reads(Repository, AtomicU32);
    impl Interceptor for Reads {
        fn name(&self) -> &str {
            "reads"
        }
        fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
            self.1.fetch_add(1, Ordering::SeqCst);
            match self.0.read().boolean(ask.key, None) {
                Some(value) => Flow::Override(Some(Value::Bool(!value))),
                None => Flow::Continue,
            }
        }
    }
    let repository = ready(&flags(&[("a", true)]));
    let reads = Arc::new(Reads(repository.clone(), AtomicU32::new(0)));
    let guard = repository.intercept(reads.clone(), LockPolicy::Respect);
    assert!(repository.read().boolean("a", None).is_some());
    let depth = reads.1.swap(0, Ordering::SeqCst);
    assert!((1..=8).contains(&depth), "{depth}");
    assert!(repository.read().boolean("a", None).is_some());
    assert_eq!(reads.1.load(Ordering::SeqCst), depth, "each read begins anew");
    drop(guard);
    assert_eq!(repository.read().boolean("a", None), Some(true));
}

/// Changes of overrides count as changes (D-63): registration, new values, and removal.
#[test]
fn listeners_see_overrides() {
    let repository = ready(&flags(&[("a", false)]));
    let calls = Calls::new();
    let noted = calls.clone();
    let _watch = repository.on_change("a", None, move |change| {
        noted.note((change.new.clone(), change.exists));
    });
    let ghosts = Calls::new();
    let noted = ghosts.clone();
    let _ghost = repository.on_change("ghost", None, move |change| {
        noted.note((change.new.clone(), change.exists));
    });
    let fixed = Fixed::new("fixed", &[("a", text_value("true")), ("ghost", text_value("boo"))]);
    let guard = repository.intercept(fixed.clone(), LockPolicy::Respect);
    repository.deliver();
    assert_eq!(calls.take(), [(Some(Value::Bool(true)), true)]);
    assert_eq!(ghosts.take(), [(text_value("boo"), false)]);
    fixed.values.lock().unwrap().clear();
    repository.deliver();
    assert_eq!(calls.len(), 0, "nobody said so yet");
    let before = repository.generation();
    repository.overrides_changed();
    assert!(repository.generation() > before);
    repository.deliver();
    assert_eq!(calls.take(), [(Some(Value::Bool(false)), true)]);
    assert_eq!(ghosts.take(), [(None, false)]);
    fixed.values.lock().unwrap().insert("a", text_value("true"));
    repository.overrides_changed();
    repository.deliver();
    calls.take();
    drop(guard);
    repository.deliver();
    assert_eq!(calls.take(), [(Some(Value::Bool(false)), true)]);
}

/// An update of an overridden feature is no change for a listener.
#[test]
fn an_update_behind_an_override_is_not_seen() {
    let repository = ready(&json!([text("a", 1, "1")]));
    let _guard = with(&repository, &[("a", text_value("fixed"))]);
    let calls = Calls::new();
    let noted = calls.clone();
    let _watch = repository.on_change("a", None, move |change| noted.note(change.new.clone()));
    change(&repository, &json!([text("a", 2, "2")]));
    assert_eq!(calls.len(), 0);
}

/// Overrides apply before there are features, and to contexts that the Edge has not evaluated.
#[test]
fn overrides_need_no_readiness() {
    let repository = repository();
    let _guard = with(&repository, &[("a", text_value("true"))]);
    assert!(repository.read().is_enabled("a", None));
    let (fred, mara) = (user("fred"), user("mara"));
    let rules = evaluated_for(&fred, &flags(&[("a", false), ("b", true)]), &[]);
    repository.publish(Publication { rules, cause: Cause::First });
    show(&repository, Readiness::Ready);
    assert!(repository.read().is_enabled("a", Some(&mara)));
    assert_eq!(repository.read().detail("b", Some(&mara)).reason, Reason::OtherContext);
}
