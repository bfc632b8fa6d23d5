//! Values of features in JSON.

use fh_client::{Kind, NewValue, Number, Value};
use serde::{Deserialize, Serialize};

use super::answer::Failure;

/// A value with its type, such as `{"number": "1.50"}`. A number is its text, which keeps all digits. `"null"` is the value null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the variants are the types of values")]
pub enum JsonValue {
    Boolean(bool),
    Text(String),
    Number(String),
    Json(String),
    Null,
}

impl From<Option<&Value>> for JsonValue {
    fn from(value: Option<&Value>) -> Self {
        match value {
            Some(Value::Bool(value)) => Self::Boolean(*value),
            Some(Value::Number(number)) => Self::Number(number.as_str().to_string()),
            Some(Value::Text(text)) => Self::Text(text.to_string()),
            Some(Value::Json(text)) => Self::Json(text.to_string()),
            _ => Self::Null,
        }
    }
}

impl TryFrom<JsonValue> for Option<Value> {
    type Error = Failure;

    fn try_from(value: JsonValue) -> Result<Self, Failure> {
        Ok(Some(match value {
            JsonValue::Null => return Ok(None),
            JsonValue::Boolean(value) => Value::Bool(value),
            JsonValue::Text(text) => Value::Text(text.into()),
            JsonValue::Json(text) => Value::Json(text.into()),
            JsonValue::Number(digits) => {
                let number = Number::parse(&digits);
                Value::Number(number.ok_or_else(|| {
                    Failure::invalid(format!("{digits} is not a number: write it in decimal"))
                })?)
            }
        }))
    }
}

impl TryFrom<JsonValue> for NewValue {
    type Error = Failure;

    fn try_from(value: JsonValue) -> Result<Self, Failure> {
        Ok(Option::<Value>::try_from(value)?.map_or(Self::Null, Self::from))
    }
}

/// Returns the type of values with this name.
///
/// # Errors
/// [`FailureKind::Invalid`](super::FailureKind::Invalid) if there is no such type.
pub fn kind_named(name: &str) -> Result<Kind, Failure> {
    Kind::from_wire(name)
        .ok_or_else(|| Failure::invalid("a kind is BOOLEAN, STRING, NUMBER or JSON"))
}
