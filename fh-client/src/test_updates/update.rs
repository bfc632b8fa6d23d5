//! The content of a test update, and its JSON form.

use fh_eval::{Evaluation, Kind, Number, Value};
use serde_json::Number as JsonNumber;

/// A change of a feature's value, its lock, or both.
///
/// ```
/// use fh_client::Update;
/// let update = Update::value("blue").and(Update::lock());
/// assert_eq!(update.to_json(), r#"{"lock":true,"updateValue":true,"value":"blue"}"#);
/// assert_eq!(Update::null().to_json(), r#"{"updateValue":true,"value":null}"#);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    value: Option<NewValue>,
    lock: Option<bool>,
}

/// The value that an update sets. It can be converted from `bool`, the primitive integer and floating-point types, text,
/// [`serde_json::Value`] and [`fh_eval::Value`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NewValue {
    /// No value. The Edge rejects an update to null for a BOOLEAN feature.
    Null,
    /// The value of a BOOLEAN feature.
    Bool(bool),
    /// The value of a NUMBER feature, as a decimal number in a text.
    Number(String),
    /// The text of a STRING feature, or the JSON document of a JSON feature.
    Text(String),
}

impl Update {
    /// Returns an update that sets the feature's default value.
    #[must_use]
    pub fn value(value: impl Into<NewValue>) -> Self {
        Self { value: Some(value.into()), lock: None }
    }

    /// Returns an update that sets the feature's default value to null.
    #[must_use]
    pub const fn null() -> Self {
        Self { value: Some(NewValue::Null), lock: None }
    }

    /// Returns an update that locks the feature.
    #[must_use]
    pub const fn lock() -> Self {
        Self { value: None, lock: Some(true) }
    }

    /// Returns an update that unlocks the feature.
    #[must_use]
    pub const fn unlock() -> Self {
        Self { value: None, lock: Some(false) }
    }

    /// Combines two updates. If both updates set the value, the value of `other` is used. If both updates change the lock,
    /// the lock of `other` is used.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { value: other.value.or(self.value), lock: other.lock.or(self.lock) }
    }

    /// Returns the JSON body of the PUT request for this update.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut body = serde_json::Map::new();
        if let Some(lock) = self.lock {
            body.insert("lock".to_string(), lock.into());
        }
        if let Some(value) = &self.value {
            body.insert("updateValue".to_string(), true.into());
            let value = match value {
                NewValue::Null => serde_json::Value::Null,
                NewValue::Bool(value) => (*value).into(),
                NewValue::Text(text) => text.as_str().into(),
                // A decimal text that is not a JSON number is sent as a JSON string, which the Edge also accepts. A number that
                // changes when it is converted to an `f64` and back is sent as a string too, because a server could round it.
                NewValue::Number(text) => match serde_json::from_str::<JsonNumber>(text) {
                    Ok(_) if Number::parse(text).is_some_and(|number| number.fits_f64()) => {
                        return with_number(&body, text);
                    }
                    _ => text.as_str().into(),
                },
            };
            body.insert("value".to_string(), value);
        }
        serde_json::Value::Object(body).to_string()
    }

    /// Returns true if the update locks the feature.
    pub(crate) fn locks(&self) -> bool {
        self.lock == Some(true)
    }

    /// Returns true if the feature has the value and the lock that this update sets.
    pub(crate) fn is_applied(
        &self,
        kind: Option<Kind>,
        evaluation: &Evaluation<'_>,
        is_locked: bool,
    ) -> bool {
        let lock = self.lock.is_none_or(|lock| lock == is_locked);
        lock && self.value.as_ref().is_none_or(|value| value.is(kind, evaluation.value()))
    }
}

/// Returns the JSON text of a body with the number added as `value`. The digits of the number are not changed, because a
/// conversion to `f64` could change the number.
fn with_number(body: &serde_json::Map<String, serde_json::Value>, number: &str) -> String {
    let rest = serde_json::Value::Object(body.clone()).to_string();
    format!("{},\"value\":{number}}}", rest.trim_end_matches('}'))
}

impl NewValue {
    /// Returns true if the feature's value `held` equals this value.
    fn is(&self, kind: Option<Kind>, held: Option<&Value>) -> bool {
        let Some(held) = held else { return *self == Self::Null };
        let text = match self {
            Self::Null => return false,
            Self::Bool(value) => value.to_string(),
            Self::Number(text) | Self::Text(text) => text.clone(),
        };
        match (kind, held) {
            (_, Value::Bool(value)) => text.eq_ignore_ascii_case(&value.to_string()),
            (_, Value::Number(number)) => Number::parse(&text).as_ref() == Some(number),
            (_, other) => other.to_string() == text,
        }
    }
}

impl From<bool> for NewValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for NewValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_string())
    }
}

impl From<String> for NewValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for NewValue {
            fn from(number: $number) -> Self {
                Self::Number(number.to_string())
            }
        }
    )*};
}

numbers!(i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64);

impl From<serde_json::Value> for NewValue {
    /// Converts a JSON value. Lists and objects become text, because the Edge accepts the value of a JSON feature only as text.
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(value) => Self::Bool(value),
            serde_json::Value::Number(number) => Self::Number(number.to_string()),
            serde_json::Value::String(text) => Self::Text(text),
            other => Self::Text(other.to_string()),
        }
    }
}

impl From<Value> for NewValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => Self::Number(number.as_str().to_string()),
            text => Self::Text(text.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        for (update, body) in [
            (Update::value(true), r#"{"updateValue":true,"value":true}"#),
            (Update::value(12.5), r#"{"updateValue":true,"value":12.5}"#),
            (
                Update::value(NewValue::Number("7.50".into())),
                r#"{"updateValue":true,"value":7.50}"#,
            ),
            (Update::value(NewValue::Number(".5".into())), r#"{"updateValue":true,"value":".5"}"#),
            (Update::value(f64::NAN), r#"{"updateValue":true,"value":"NaN"}"#),
            (Update::value("a\"b"), r#"{"updateValue":true,"value":"a\"b"}"#),
            (
                Update::value(serde_json::json!({"a": 1})),
                r#"{"updateValue":true,"value":"{\"a\":1}"}"#,
            ),
            (Update::value(5_usize), r#"{"updateValue":true,"value":5}"#),
            (Update::value(-5_isize), r#"{"updateValue":true,"value":-5}"#),
            (Update::value(1_u64 << 60), r#"{"updateValue":true,"value":1152921504606846976}"#),
            (
                Update::value(9_007_199_254_740_993_i64),
                r#"{"updateValue":true,"value":"9007199254740993"}"#,
            ),
            (
                Update::value(-9_007_199_254_740_993_i128),
                r#"{"updateValue":true,"value":"-9007199254740993"}"#,
            ),
            (Update::value(u64::MAX), r#"{"updateValue":true,"value":"18446744073709551615"}"#),
            (Update::value(i64::MIN), r#"{"updateValue":true,"value":-9223372036854775808}"#),
            (
                Update::value(u128::MAX),
                r#"{"updateValue":true,"value":"340282366920938463463374607431768211455"}"#,
            ),
            (Update::lock(), r#"{"lock":true}"#),
            (
                Update::unlock().and(Update::value(7)),
                r#"{"lock":false,"updateValue":true,"value":7}"#,
            ),
            (Update::lock().and(Update::unlock()), r#"{"lock":false}"#),
        ] {
            assert_eq!(update.to_json(), body);
            serde_json::from_str::<serde_json::Value>(body).unwrap();
        }
    }

    #[test]
    fn when_a_value_has_arrived() {
        let number = |text| Value::Number(Number::parse(text).unwrap());
        for (new, held, is) in [
            (NewValue::from(true), Some(Value::Bool(true)), true),
            (NewValue::from("TRUE"), Some(Value::Bool(true)), true),
            (NewValue::from(false), Some(Value::Bool(true)), false),
            (NewValue::from(7.5), Some(number("7.50")), true),
            (NewValue::from("7.5"), Some(number("7.50")), true),
            (NewValue::from("seven"), Some(number("7")), false),
            (NewValue::from(u64::MAX), Some(number("18446744073709551615")), true),
            (NewValue::from(u64::MAX), Some(number("18446744073709551616")), false),
            (NewValue::from(10), Some(Value::Text("10".into())), true),
            (NewValue::from("x"), Some(Value::Json("x".into())), true),
            (NewValue::Null, Some(Value::Text("".into())), false),
            (NewValue::Null, None, true),
            (NewValue::from(""), None, false),
        ] {
            assert_eq!(new.is(None, held.as_ref()), is, "{new:?} {held:?}");
        }
    }
}
