//! Answers in one comparable form, and the differences of two answers.

use serde_json::{Map, Value, json};

use crate::server::transcript::{Answered, Told};
use crate::server::wire::{Event, Headers, Response};

/// The headers that are compared, besides all that begin with `access-control-`.
const COMPARED: [&str; 4] = ["cache-control", "content-type", "etag", "x-accel-buffering"];
/// The statuses for which `cache-control` is compared (D-90).
const WITH_CACHE_CONTROL: [u16; 3] = [200, 304, 404];

/// Returns a recorded answer in comparable form: features by key, environments by position, lists in headers sorted.
pub(super) fn recorded(answered: &Answered) -> Value {
    let headers = answered.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut answer = answer(answered.status, compared(answered.status, headers), &answered.body);
    if let Some(events) = &answered.events {
        let events = events.iter().map(|Told { event, id, data }| told(event, id.as_deref(), data));
        insert(&mut answer, "events", events.collect());
        insert(&mut answer, "endedByServer", answered.ended_by_server.into());
    }
    answer
}

/// Returns a complete answer in comparable form.
pub(super) fn whole(response: &Response) -> Value {
    let headers = pairs(&response.headers);
    answer(response.status, compared(response.status, headers), &response.json())
}

/// Returns a streamed answer in comparable form.
pub(super) fn streamed(status: u16, headers: &Headers, events: &[Event], ended: bool) -> Value {
    let events: Value =
        events.iter().map(|event| told(&event.name, event.id.as_deref(), &event.json())).collect();
    let headers = compared(status, pairs(headers));
    json!({"status": status, "headers": headers, "events": events, "endedByServer": ended})
}

/// Returns an answer as a JSON object. It has no `body` member if there is no body.
fn answer(status: u16, headers: Value, body: &Value) -> Value {
    let mut answer = json!({"status": status, "headers": headers});
    if !body.is_null() {
        insert(&mut answer, "body", by_key(body));
    }
    answer
}

fn pairs(headers: &Headers) -> impl Iterator<Item = (&str, &str)> {
    headers.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

fn told(name: &str, id: Option<&str>, data: &Value) -> Value {
    let mut event = json!({"event": name, "data": by_key(data)});
    if let Some(id) = id {
        insert(&mut event, "id", id.into());
    }
    event
}

pub(super) fn insert(object: &mut Value, name: &str, value: Value) {
    if let Value::Object(members) = object {
        members.insert(name.to_owned(), value);
    }
}

fn compared<'a>(status: u16, headers: impl Iterator<Item = (&'a str, &'a str)>) -> Value {
    let mut kept = Map::new();
    for (name, value) in headers {
        let is_list = name.starts_with("access-control-");
        if !is_list && !COMPARED.contains(&name) {
            continue;
        }
        if name == "cache-control" && !WITH_CACHE_CONTROL.contains(&status) {
            continue;
        }
        let value = if is_list { sorted(value) } else { value.to_owned() };
        // A header that is sent twice differs from one that is sent once.
        let value = match kept.get(name).and_then(Value::as_str) {
            Some(before) => format!("{before} | {value}"),
            None => value,
        };
        kept.insert(name.to_owned(), value.into());
    }
    Value::Object(kept)
}

fn sorted(list: &str) -> String {
    let mut items: Vec<&str> = list.split(',').map(str::trim).collect();
    items.sort_unstable();
    items.join(", ")
}

/// Converts lists of features to objects by key, and lists of environments to objects by position. The server may choose the order of
/// features.
fn by_key(value: &Value) -> Value {
    let Value::Array(items) = value else { return value.clone() };
    let is_feature = |item: &Value| item.get("key").is_some() && item.get("type").is_some();
    let is_environment = |item: &Value| item.get("features").is_some();
    let mut named = Map::new();
    if items.iter().all(is_environment) {
        for (at, environment) in items.iter().enumerate() {
            let mut environment = environment.clone();
            if let Some(features) = environment.get_mut("features") {
                *features = match &*features {
                    Value::Array(none) if none.is_empty() => json!({}),
                    features => by_key(features),
                };
            }
            named.insert(at.to_string(), environment);
        }
    } else if items.iter().all(is_feature) {
        for feature in items {
            let key = feature.get("key").and_then(Value::as_str).unwrap_or_default();
            let key = if named.contains_key(key) { format!("{key} again") } else { key.to_owned() };
            named.insert(key, feature.clone());
        }
    } else {
        return value.clone();
    }
    Value::Object(named)
}

/// A path in an answer, with the expected and the received value there; `None` if there is no value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Difference {
    pub(super) path: String,
    pub(super) expected: Option<Value>,
    pub(super) seen: Option<Value>,
}

/// Returns the differences of two answers, as deep in the structure as possible.
pub(super) fn differences(expected: &Value, seen: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    differ("", Some(expected), Some(seen), &mut found);
    found
}

fn differ(path: &str, expected: Option<&Value>, seen: Option<&Value>, found: &mut Vec<Difference>) {
    let below = |name: &str| {
        if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
    };
    match (expected, seen) {
        (Some(Value::Object(expected)), Some(Value::Object(seen))) => {
            for (name, value) in expected {
                differ(&below(name), Some(value), seen.get(name), found);
            }
            for (name, value) in seen.iter().filter(|(name, _)| !expected.contains_key(*name)) {
                differ(&below(name), None, Some(value), found);
            }
        }
        (Some(Value::Array(expected)), Some(Value::Array(seen))) => {
            for at in 0..expected.len().max(seen.len()) {
                differ(&below(&at.to_string()), expected.get(at), seen.get(at), found);
            }
        }
        (expected, seen) if expected == seen => {}
        (expected, seen) => found.push(Difference {
            path: path.to_owned(),
            expected: expected.cloned(),
            seen: seen.cloned(),
        }),
    }
}
