//! The values of all features for one context, compared with the values that read feature by feature.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use fh_eval::{Attributes, Value};
use fh_repository::{Observer, Repository, UsageEvent, UsageOptions};
use serde_json::json;

use super::ready;

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

fn features() -> serde_json::Value {
    json!([
        {"id": "1", "key": "on", "type": "BOOLEAN", "value": true},
        {"id": "2", "key": "word", "type": "STRING", "value": null},
        {"id": "3", "key": "gold", "type": "NUMBER", "value": 1, "strategies": [{"id": "s-gold",
            "value": 2, "attributes": [{"fieldName": "plan", "type": "STRING",
            "conditional": "EQUALS", "values": ["gold"]}]}]},
    ])
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
