//! Conversion between the protocol's JSON and the client's attributes and values.

use std::sync::Arc;

use fh_client::{Attributes, Number, Value as FeatureValue};
use serde_json::Value;

use crate::decimal::number_token;
use crate::protocol::Context;

/// Returns the attributes of a context.
pub(super) fn attributes(context: &Context) -> Arc<Attributes> {
    let mut builder = Attributes::builder();
    for (name, values) in context {
        builder = builder.attribute(name, values);
    }
    Arc::new(builder.build())
}

/// Returns the context of attributes.
pub(super) fn context(attributes: &Attributes) -> Context {
    let attributes = attributes.iter();
    attributes
        .map(|(name, values)| (name.to_owned(), values.map(str::to_owned).collect()))
        .collect()
}

/// Returns a feature's value as JSON. A number that no double can hold is null; its text tells it.
pub(super) fn json(value: &FeatureValue) -> Value {
    match value {
        FeatureValue::Bool(value) => Value::Bool(*value),
        FeatureValue::Number(number) => number_json(number.as_str()),
        other => Value::String(other.to_string()),
    }
}

/// Returns the JSON number of a decimal text, or null if no double can hold it.
pub(super) fn number_json(text: &str) -> Value {
    number_token(text).and_then(|token| serde_json::from_str(&token).ok()).unwrap_or_default()
}

/// Returns the text of a JSON value, as the member `text` of answers repeats it.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// Returns the value of an interceptor; `None` for null.
pub(super) fn feature_value(value: &Value) -> Option<FeatureValue> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => FeatureValue::Bool(*value),
        Value::Number(number) => FeatureValue::Number(Number::parse(&number.to_string())?),
        Value::String(text) => FeatureValue::Text(text.as_str().into()),
        other => FeatureValue::Json(other.to_string().into()),
    })
}
