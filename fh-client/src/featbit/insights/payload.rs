//! The objects that FeatBit receives: one for each evaluation or metric.

use std::fmt::Write as _;
use std::sync::Arc;

use fh_eval::{Attributes, Timestamp};
use fh_repository::system::System;
use serde_json::{Map, Value, json};

use super::shown::Shown;

/// The largest body of a request, in bytes. Servers and proxies commonly allow 1 MB, and FeatBit limits the number of requests.
pub(super) const MAX_BODY: usize = 512 * 1024;

/// The name by which the server stores the origin of a metric.
const APP_TYPE: &str = "fh-client";
/// The number of bytes of an event besides its texts.
const FRAME: usize = 160;

/// An event that waits to be sent. Its texts are shared with the read, so that a read does not write JSON.
pub(crate) enum Event {
    Evaluation {
        shown: Arc<Shown>,
        send_to_experiment: bool,
        user: Arc<Attributes>,
        at: Timestamp,
    },
    /// A metric. `json` is its text before the time, which is the last member.
    Metric {
        json: String,
        at: Timestamp,
    },
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
            Self::Metric { json, .. } => json.len(),
        };
        texts + FRAME
    }

    /// Adds the event's JSON to the body of a request. `clock_offset` is the difference in milliseconds between the server's clock and this
    /// machine's.
    pub(super) fn write(&self, body: &mut String, clock_offset: i64) {
        let time = |at: &Timestamp| at.as_millis().saturating_add(clock_offset);
        match self {
            Self::Metric { json, at } => {
                body.push_str(json);
                let _ = write!(body, "{}}}]}}", time(at));
            }
            Self::Evaluation { shown, send_to_experiment, user, at } => {
                let event = json!({
                    "user": self::user(user),
                    "variations": [{
                        "featureFlagKey": &*shown.flag,
                        "variation": {"id": &*shown.variation, "value": &*shown.value},
                        "sendToExperiment": send_to_experiment,
                        "timestamp": time(at),
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
    let metric = json!({
        "route": "index/metric",
        "type": "CustomEvent",
        "eventName": event,
        "numericValue": value,
        "appType": APP_TYPE,
    });
    let (user, metric) = (user(attributes), metric.to_string());
    let metric = metric.trim_end_matches('}');
    let json = format!(r#"{{"user":{user},"metrics":[{metric},"timestamp":"#);
    Some(Event::Metric { json, at })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_servers_clock() {
        let bob = Arc::new(Attributes::builder().attribute("keyId", "bob").build());
        let at = Timestamp::from_millis(1_000);
        let shown = Arc::new(Shown { flag: "f".into(), variation: "v".into(), value: "x".into() });
        let read = Event::Evaluation { shown, send_to_experiment: false, user: bob.clone(), at };
        for (event, of) in
            [(read, "variations"), (metric(&bob, "sale", 2.5, at).unwrap(), "metrics")]
        {
            let mut body = String::new();
            event.write(&mut body, -7_000);
            let event: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(event[of][0]["timestamp"], -6_000, "{body}");
            assert_eq!(event["user"]["keyId"], "bob", "{body}");
        }
    }
}
