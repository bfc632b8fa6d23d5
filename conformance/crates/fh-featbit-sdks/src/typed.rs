//! The types of flags, and values that are compared by them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The type with which a flag is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    Boolean,
    Number,
    String,
    Json,
}

impl Type {
    /// Returns the type of a flag's member `variationType`.
    pub(crate) fn of(variation_type: Option<&str>) -> Self {
        match variation_type {
            Some("boolean") => Self::Boolean,
            Some("number") => Self::Number,
            Some("json") => Self::Json,
            _ => Self::String,
        }
    }

    /// Returns the value of a variation in this type, or `None` if the text has another type.
    pub(crate) fn value(self, text: &str) -> Option<Value> {
        match self {
            Self::Boolean => text.parse::<bool>().ok().map(Value::from),
            Self::Number => text.parse::<f64>().ok().filter(|it| it.is_finite()).map(Value::from),
            Self::String => Some(Value::from(text)),
            Self::Json => serde_json::from_str(text).ok(),
        }
    }

    /// Returns two different defaults.
    pub(crate) fn defaults(self) -> [Value; 2] {
        match self {
            Self::Boolean => [json!(true), json!(false)],
            Self::Number => [json!(-987_654.5), json!(-987_655.5)],
            Self::String => [json!("<one default>"), json!("<another default>")],
            Self::Json => [json!({"default": 1}), json!({"default": 2})],
        }
    }
}

/// Compares values as languages with one type of numbers do: 12 equals 12.0.
pub(crate) fn is_equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len()
                && one.iter().zip(other).all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let has = |(name, value): (&String, &Value)| {
                other.get(name).is_some_and(|other| is_equal(value, other))
            };
            one.len() == other.len() && one.iter().all(has)
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_types() {
        assert_eq!(Type::Boolean.value("true"), Some(json!(true)));
        assert_eq!(Type::Boolean.value("TRUE"), None);
        assert_eq!(Type::of(Some("number")).value("1e400"), None);
        assert_eq!(Type::of(Some("json")).value("{"), None);
        assert_eq!(Type::of(Some("other")).value("7"), Some(json!("7")));
    }

    #[test]
    fn numbers_are_compared_by_value_and_other_values_by_type() {
        for (one, other, expected) in [
            (json!(12), json!(12.0), true),
            (json!([{"a": 1}]), json!([{"a": 1.0}]), true),
            (json!({"a": 1}), json!({"a": 1, "b": 2}), false),
            (json!([1]), json!([1, 2]), false),
            (json!("1"), json!(1), false),
        ] {
            assert_eq!(is_equal(&one, &other), expected, "{one} {other}");
        }
    }
}
