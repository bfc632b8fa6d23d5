//! Changes of features, wherever they pass.

use serde_json::Value;

use super::super::asked::Kind;
use super::super::event::Event;
use super::super::message::Message;

/// Changes the environments in the answer to a poll.
pub(super) fn environments(
    asked: &Message,
    answer: &mut Message,
    change: impl FnOnce(&mut Vec<Value>),
) {
    let has_list = asked.kind() == Kind::Poll && [200, 236].contains(&answer.status());
    if !has_list || answer.get("content-encoding").is_some() {
        return;
    }
    if let Value::Array(mut environments) = answer.json() {
        change(&mut environments);
        answer.set_json(&Value::Array(environments));
    }
}

/// Changes each list of features in the answer to a poll.
pub(super) fn polled(asked: &Message, answer: &mut Message, change: impl Fn(&mut Vec<Value>)) {
    environments(asked, answer, |environments| {
        let lists = environments.iter_mut().filter_map(|each| each.get_mut("features"));
        lists.filter_map(Value::as_array_mut).for_each(change);
    });
}

/// Changes each feature in the answer to a poll.
pub(super) fn each(asked: &Message, answer: &mut Message, change: impl Fn(&mut Value)) {
    polled(asked, answer, |list| list.iter_mut().for_each(&change));
}

/// Changes the features of an event.
pub(super) fn streamed(event: Event, change: impl FnOnce(&mut Vec<Value>)) -> Event {
    let mut list = match (event.name(), event.json()) {
        ("features", Value::Array(list)) => list,
        ("feature" | "delete_feature", feature @ Value::Object(_)) => vec![feature],
        _ => return event,
    };
    change(&mut list);
    let data = match event.name() {
        "features" => Value::Array(list),
        _ => list.into_iter().next().unwrap_or_default(),
    };
    event.with("data", &data.to_string())
}

/// Changes each feature of an event.
pub(super) fn each_streamed(event: Event, change: impl Fn(&mut Value)) -> Event {
    streamed(event, |list| list.iter_mut().for_each(change))
}

/// Returns the key of a feature.
pub(super) fn key(feature: &Value) -> &str {
    feature.get("key").and_then(Value::as_str).unwrap_or_default()
}

/// Sets a member of a feature.
pub(super) fn set(feature: &mut Value, member: &str, value: Value) {
    if let Some(members) = feature.as_object_mut() {
        members.insert(member.to_owned(), value);
    }
}

/// Removes a member of a feature.
pub(super) fn remove(feature: &mut Value, member: &str) {
    if let Some(members) = feature.as_object_mut() {
        members.remove(member);
    }
}
