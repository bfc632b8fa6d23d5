//! Conversion of overrides to the type of a feature.

use fh_eval::{Kind, Number, Value};
use serde::de::IgnoredAny;

/// Converts the override of a feature to the feature's type `kind`.
///
/// # Errors
/// Fails if the value cannot be converted. The error holds the reason, which contains no part of the value.
pub(crate) fn convert(value: Value, kind: Kind) -> Result<Value, &'static str> {
    match (kind, value) {
        (Kind::Boolean, value @ Value::Bool(_)) | (Kind::Number, value @ Value::Number(_)) => {
            Ok(value)
        }
        (Kind::Boolean, Value::Text(text) | Value::Json(text)) => {
            boolean(&text).map(Value::Bool).ok_or("the value is neither true nor false")
        }
        (Kind::Boolean, Value::Number(_)) => Err("a number is not a boolean"),
        (Kind::Number, Value::Text(text) | Value::Json(text)) => {
            Number::parse(&text).map(Value::Number).ok_or("the value is not a number")
        }
        (Kind::Number, Value::Bool(_)) => Err("a boolean is not a number"),
        (Kind::Boolean | Kind::Number, _) => Err("the value has another type"),
        (Kind::Json, value) => {
            let text = text_of(&value);
            match serde_json::from_str::<IgnoredAny>(&text) {
                Ok(_) => Ok(Value::Json(text)),
                Err(_) => Err("the value is not a JSON document"),
            }
        }
        (_, value) => Ok(Value::Text(text_of(&value))),
    }
}

/// Converts the override of a missing feature, or of a feature of unknown type, to the type `kind`. Returns `None` if the override cannot
/// be converted to this type. For example, the text `true` can be read as a boolean and as a string. Any text can be read as JSON.
pub(crate) fn lenient(value: &Value, kind: Kind) -> Option<Value> {
    match kind {
        Kind::Json => Some(Value::Json(text_of(value))),
        kind => convert(value.clone(), kind).ok(),
    }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn text_of(value: &Value) -> std::sync::Arc<str> {
    match value {
        Value::Text(text) | Value::Json(text) => text.clone(),
        other => other.to_string().into(),
    }
}
