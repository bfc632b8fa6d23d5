//! The values of all features for one context, compared with the values that read feature by feature.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fh_eval::{Attributes, Value};
use fh_repository::publication::{Cause, Publication};
use fh_repository::{
    Flow, InterceptedRead, Interceptor, LockPolicy, Observer, Repository, UsageEvent, UsageOptions,
};
use serde_json::json;

use super::{evaluated_for, plan, ready, repository, user};

type Values = Vec<(String, Option<Value>)>;

/// Returns the values of `for_each_value`, after a comparison with those of `values`.
#[track_caller]
fn values(repository: &Repository, attributes: Option<&Arc<Attributes>>) -> Values {
    let snapshot = repository.snapshot();
    let mut values = Values::new();
    snapshot
        .for_each_value(attributes, |key, value| values.push((key.to_string(), value.cloned())));
    let details = snapshot.values(attributes).into_iter();
    let details: Values = details.map(|detail| (detail.key.to_string(), detail.value)).collect();
    assert_eq!(values, details);
    values
}

fn texts(values: &Values) -> Vec<String> {
    values.iter().map(|(_, value)| value.as_ref().map_or("-".into(), ToString::to_string)).collect()
}

fn features() -> serde_json::Value {
    json!([
        {"id": "1", "key": "on", "type": "BOOLEAN", "value": true},
        {"id": "2", "key": "word", "type": "STRING", "value": null},
        {"id": "3", "key": "gold", "type": "NUMBER", "value": 1, "strategies": [{"id": "s-gold",
            "value": 2, "attributes": [{"fieldName": "plan", "type": "STRING",
            "conditional": "EQUALS", "values": ["gold"]}]}]},
    ])
}

#[test]
fn values_are_those_of_the_context() {
    let repository = ready(&features());
    assert_eq!(texts(&values(&repository, None)), ["true", "-", "1"]);
    assert_eq!(texts(&values(&repository, Some(&plan("gold")))), ["true", "-", "2"]);
    assert_eq!(texts(&values(&repository, Some(&plan("silver")))), ["true", "-", "1"]);
    assert!(values(&super::repository(), None).is_empty());
}

#[test]
fn values_of_another_context_of_a_server_evaluated_key_are_left_out() {
    let repository = repository();
    let rules = evaluated_for(&user("mara"), &features(), &[]);
    repository.publish(Publication { rules, cause: Cause::First });
    assert_eq!(texts(&values(&repository, Some(&user("mara")))), ["true", "-", "1"]);
    assert_eq!(texts(&values(&repository, Some(&user("fred")))), ["-", "-", "-"]);
}

/// An interceptor that overrides one feature, and can be asked whether it was called.
struct Overrides(AtomicBool);

impl Interceptor for Overrides {
    fn name(&self) -> &str {
        "overrides"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        self.0.store(true, Ordering::SeqCst);
        match ask.key {
            "word" => Flow::Override(Some(Value::Text("new".into()))),
            "on" => Flow::Override(None),
            _ => Flow::Continue,
        }
    }
}

#[test]
fn overrides_apply() {
    let repository = ready(&features());
    let _guard =
        repository.intercept(Arc::new(Overrides(AtomicBool::new(false))), LockPolicy::Respect);
    assert_eq!(texts(&values(&repository, Some(&plan("gold")))), ["-", "new", "2"]);
}

struct Counts(AtomicBool);

impl Observer for Counts {
    fn observe(&self, _: &UsageEvent) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn no_observer_is_notified() {
    let repository = ready(&features());
    let counts = Arc::new(Counts(AtomicBool::new(false)));
    let _guard = repository.observe(counts.clone(), UsageOptions::default());
    values(&repository, None);
    repository.deliver();
    assert!(!counts.0.load(Ordering::SeqCst));
}
