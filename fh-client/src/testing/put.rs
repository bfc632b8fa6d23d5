//! The responses of an Edge in memory to test updates.

use fh_eval::{Kind, Number};
use serde_json::{Map, Value};

use super::answer::{decoded, present, said};
use super::features::{Features, json_of};
use super::{MemoryEdge, SeenRequest};
use crate::test_updates::NewValue;
use crate::transport::Response;

impl MemoryEdge {
    pub(super) fn update(&self, request: &SeenRequest) -> Response {
        if let Some((status, reason)) = self.state().updates.clone() {
            return said(status, &reason);
        }
        let key = decoded(request.target.rsplit('/').next().unwrap_or_default());
        let Ok(body) = serde_json::from_str::<Value>(&request.body) else {
            return said(400, "the body is not JSON");
        };
        let outcome = self.change(|features| apply(features, &key, &body));
        match outcome {
            Ok(status) => said(status, ""),
            Err((status, reason)) => said(status, reason),
        }
    }
}

fn apply(features: &mut Features, key: &str, body: &Value) -> Result<u16, (u16, &'static str)> {
    let Some(feature) = features.get(key).cloned() else { return Err((404, "")) };
    let lock = present(body, "lock").and_then(Value::as_bool);
    let value = present(body, "value");
    let updates_value =
        value.is_some() || present(body, "updateValue").and_then(Value::as_bool) == Some(true);
    let is_locked = feature.get("l").and_then(Value::as_bool) == Some(true);
    if lock.is_none() && !updates_value {
        return Err((400, "lock and updateValue null, nothing to do"));
    }
    if updates_value && is_locked && lock != Some(false) {
        return Err((412, "it is locked, cannot change value without also unlocking"));
    }
    let new = if updates_value { Some(converted(&feature, value)?) } else { None };
    let is_unchanged = new.as_ref().is_some_and(|new| feature.get("value") == Some(&json_of(new)));
    if is_unchanged && lock.is_none_or(|lock| lock == is_locked) {
        return Ok(202);
    }
    let value = new.map(|new| ("value", json_of(&new)));
    let lock = lock.map(|lock| ("l", lock.into()));
    features.members(key, Kind::Boolean, value.into_iter().chain(lock));
    Ok(200)
}

/// Converts a value to the feature's type. If the value cannot be converted, returns the status and the reason of the Edge's
/// response.
fn converted(
    feature: &Map<String, Value>,
    value: Option<&Value>,
) -> Result<NewValue, (u16, &'static str)> {
    let kind = feature.get("type").and_then(Value::as_str).and_then(Kind::from_wire);
    let text = match value {
        None if kind == Some(Kind::Boolean) => {
            return Err((412, "cannot set flag value to null"));
        }
        None => return Ok(NewValue::Null),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match kind {
        Some(Kind::Boolean) if text.eq_ignore_ascii_case("true") => Ok(NewValue::Bool(true)),
        Some(Kind::Boolean) if text.eq_ignore_ascii_case("false") => Ok(NewValue::Bool(false)),
        Some(Kind::Boolean) => Err((400, "flag value must be true or false")),
        Some(Kind::Number) if Number::parse(&text).is_some() => Ok(NewValue::Number(text)),
        Some(Kind::Number) => Err((400, "Attempting to update NUMBER value with non-NUMBER")),
        Some(Kind::Json) if serde_json::from_str::<Value>(&text).is_err() => {
            Err((400, "Attempting to update JSON value to non-json"))
        }
        _ => Ok(NewValue::Text(text)),
    }
}
