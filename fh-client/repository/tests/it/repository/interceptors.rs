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
    Calls, PLANNED, evaluated_for, flags, quietly, ready, repository, show, text, text_value, user,
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
