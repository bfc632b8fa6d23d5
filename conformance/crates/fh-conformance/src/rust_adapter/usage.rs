//! Usage listeners, and the operation `record`.

use std::collections::BTreeMap;

use fh_client::{Observer, UsageEvent, UsedFeature};
use serde_json::Value;

use super::attributes::{attributes, context};
use super::clients::AdapterClient;
use super::listeners::Listener;
use crate::protocol::{Called, Record};

/// An observer that reports each usage event to the runner.
pub(super) struct UsageListener {
    listener: Listener,
}

impl UsageListener {
    pub(super) const fn new(listener: Listener) -> Self {
        Self { listener }
    }
}

impl Observer for UsageListener {
    fn observe(&self, event: &UsageEvent) {
        let called = Called {
            user_key: event.user_key().map(str::to_owned),
            attributes: event.attributes().map(|attributes| context(attributes)),
            ..event_called(event)
        };
        self.listener.call(called);
    }
}

/// Returns the members that depend on the kind of the event.
fn event_called(event: &UsageEvent) -> Called {
    match event {
        UsageEvent::Evaluated(event) => {
            let feature = &event.feature;
            Called {
                kind: Some("feature".to_owned()),
                feature: Some(feature.key.to_string()),
                value: feature.text().map(|text| text.as_ref().into()),
                version: Some(feature.version),
                id: feature.id.as_deref().map(str::to_owned),
                environment: feature.environment.as_deref().map(str::to_owned),
                strategy_id: feature.strategy_id.as_deref().map(str::to_owned),
                ..Called::default()
            }
        }
        UsageEvent::Collection(event) => Called {
            kind: Some("collection".to_owned()),
            features: Some(texts(&event.features)),
            ..Called::default()
        },
        UsageEvent::Named(event) => Called {
            kind: Some(event.name.to_string()),
            features: Some(texts(&event.features)),
            params: Some(event.params.clone()),
            ..Called::default()
        },
        _ => Called::default(),
    }
}

/// Returns the texts of features by their keys. Features without text, such as those of type JSON, are left out.
fn texts(features: &[UsedFeature]) -> BTreeMap<String, Value> {
    let text = |feature: &UsedFeature| {
        Some((feature.key.to_string(), Value::from(feature.text()?.as_ref())))
    };
    features.iter().filter_map(text).collect()
}

/// Reports an event of the user's code.
pub(super) fn record(client: &AdapterClient, record: &Record) {
    let params = record.params.clone();
    match &record.context {
        Some(context) => client.client.context_of(attributes(context)).record(&record.name, params),
        None => client.client.record(&record.name, params),
    }
}
