//! Conversion of JSON values to attributes of OpenTelemetry.

use opentelemetry::{Array, Key, KeyValue, StringValue, Value};

/// Converts a JSON value to an attribute, or returns `None` for null. The elements of a list that are null are left out. A
/// list whose other elements are all texts, all booleans or all numbers stays a list. Any other list becomes one text, in
/// which commas separate the elements. An object becomes JSON text.
pub(crate) fn attribute(name: impl Into<Key>, value: &serde_json::Value) -> Option<KeyValue> {
    let value = match value {
        serde_json::Value::Null => return None,
        serde_json::Value::Bool(value) => Value::Bool(*value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::I64(integer),
            (None, Some(double)) => Value::F64(double),
            (None, None) => Value::String(number.to_string().into()),
        },
        serde_json::Value::String(text) => Value::String(text.clone().into()),
        serde_json::Value::Array(items) => list(items),
        serde_json::Value::Object(_) => Value::String(value.to_string().into()),
    };
    Some(KeyValue::new(name, value))
}

fn list(items: &[serde_json::Value]) -> Value {
    let items: Vec<_> = items.iter().filter(|item| !item.is_null()).collect();
    let texts: Option<Vec<StringValue>> =
        items.iter().map(|item| Some(item.as_str()?.to_owned().into())).collect();
    if let Some(texts) = texts {
        return Value::Array(Array::String(texts));
    }
    if let Some(booleans) = items.iter().map(|item| item.as_bool()).collect() {
        return Value::Array(Array::Bool(booleans));
    }
    if let Some(integers) = items.iter().map(|item| item.as_i64()).collect() {
        return Value::Array(Array::I64(integers));
    }
    if let Some(doubles) = items.iter().map(|item| item.as_f64()).collect() {
        return Value::Array(Array::F64(doubles));
    }
    let texts: Vec<_> = items
        .iter()
        .map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned))
        .collect();
    Value::String(texts.join(",").into())
}
