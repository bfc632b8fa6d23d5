//! The objects that FeatBit receives: one for each evaluation or metric (featbit 10.1).

use std::sync::Arc;

use fh_eval::{Attributes, Timestamp};
use fh_repository::system::System;
use serde_json::{Map, Value, json};

use super::shown::Shown;

/// The name by which the server stores the origin of a metric.
const APP_TYPE: &str = "fh-client";
/// The number of bytes of an event besides its texts.
const FRAME: usize = 160;

/// An event that waits to be sent. Its texts are shared with the read, so that a read does not write JSON.
pub(crate) enum Event {
    Evaluation { shown: Arc<Shown>, send_to_experiment: bool, user: Arc<Attributes>, at: Timestamp },
    Metric { json: String },
}

impl Event {
    /// Returns about the number of bytes that the event takes.
    pub(super) fn size(&self) -> usize {
        let texts = match self {
            Self::Evaluation { shown, user, .. } => {
                let user: usize = user
                    .iter()
                    .map(|(name, values)| name.len() + values.map(str::len).sum::<usize>())
                    .sum();
                shown.size() + user
            }
            Self::Metric { json } => json.len(),
        };
        texts + FRAME
    }

    /// Adds the event's JSON to the body of a request.
    pub(super) fn write(&self, body: &mut String) {
        match self {
            Self::Metric { json } => body.push_str(json),
            Self::Evaluation { shown, send_to_experiment, user, at } => {
                let event = json!({
                    "user": self::user(user),
                    "variations": [{
                        "featureFlagKey": &*shown.flag,
                        "variation": {"id": &*shown.variation, "value": &*shown.value},
                        "sendToExperiment": send_to_experiment,
                        "timestamp": at.as_millis(),
                    }],
                });
                body.push_str(&event.to_string());
            }
        }
    }
}

/// Returns the event of a metric; `None` if the context has no user key.
pub(super) fn metric(
    attributes: &Attributes,
    event: &str,
    value: f64,
    at: Timestamp,
) -> Option<Event> {
    key(attributes)?;
    let event = json!({
        "user": user(attributes),
        "metrics": [{
            "route": "index/metric",
            "type": "CustomEvent",
            "eventName": event,
            "numericValue": value,
            "appType": APP_TYPE,
            "timestamp": at.as_millis(),
        }],
    });
    Some(Event::Metric { json: event.to_string() })
}

/// Returns the key of the user; `None` if it is missing or blank.
pub(super) fn key(attributes: &Attributes) -> Option<&str> {
    attributes
        .get(System::FeatBit.user_key())
        .and_then(|mut values| values.next())
        .filter(|key| !key.trim().is_empty())
}

/// Returns a context as the server receives users.
fn user(attributes: &Attributes) -> Value {
    let mut user = Map::new();
    let mut properties = Vec::new();
    for (name, mut values) in attributes.iter() {
        let Some(value) = values.next() else { continue };
        if name == System::FeatBit.user_key() || name == "name" {
            user.insert(name.to_string(), value.into());
        } else {
            properties.push(json!({"name": name, "value": value}));
        }
    }
    user.entry("name").or_insert_with(|| "".into());
    user.insert("customizedProperties".to_string(), properties.into());
    user.into()
}
