//! Reads of features, through a client and of a payload alone.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::create::Context;

/// One read of a feature of a client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Read {
    /// The key of the feature.
    pub feature: String,
    /// The getter: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The default value of the caller; missing if the caller gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The evaluation context; missing if the read has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// One read of a feature of a payload, in `evaluate`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvaluateRead {
    /// The key of the feature.
    pub feature: String,
    /// The getter: `BOOLEAN`, `STRING`, `NUMBER` or `JSON`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The default value of the caller; missing if the caller gives none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The evaluation context; null or missing if there is none.
    pub context: Option<Context>,
    /// The same context with JSON booleans and numbers, for SDKs with the capability `eval.native_context`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub native: Option<Value>,
    /// The current time in milliseconds since 1970-01-01T00:00:00Z, for SDKs with the capability `clock.fixed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now_ms: Option<i64>,
}

/// The members of `evaluate`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluate {
    /// The payload: a JSON list of features as an Edge sends it, as text.
    pub payload: String,
    /// The profile: `client` or `edge`.
    pub profile: String,
    /// The reads.
    pub reads: Vec<EvaluateRead>,
}

/// The answer to `read` and to `evaluate`: one answer for each read, in order.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answers {
    /// The answers.
    pub answers: Vec<ReadAnswer>,
}

/// The answer to one read. A member that the SDK cannot tell is missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, remote = "Self")]
pub struct ReadAnswer {
    /// The value as JSON: a boolean, a number, a text (also for `JSON`), or null.
    pub value: Value,
    /// The value as text. A number keeps its decimals here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// True if the feature has a value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_set: Option<bool>,
    /// True if the client knows the feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// True if the feature is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<bool>,
    /// The version of the feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The type of the feature.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The id of the strategy that matched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy_id: Option<String>,
    /// The reason of the value, as `conformance/README.md` lists them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The bucket that was compared last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<u32>,
    /// The result of each strategy, in the form of the vectors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<Value>,
    /// The properties of the feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub properties: Option<BTreeMap<String, String>>,
    /// The error that the SDK raised during the read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The members that the SDK answers with another JSON type, such as a version that is a text. They are wrong answers, which say nothing
    /// about the other members and the other reads.
    #[serde(skip)]
    pub of_other_type: BTreeMap<&'static str, Value>,
}

/// A check of a member's JSON type.
type IsType = fn(&Value) -> bool;

/// The members of an answer that repeat a member of the payload, each with a check of its type.
const REPEATED: &[(&str, IsType)] = &[
    ("is_set", Value::is_boolean),
    ("exists", Value::is_boolean),
    ("locked", Value::is_boolean),
    ("version", |value| value.as_i64().is_some()),
    ("type", Value::is_string),
    ("properties", |value| {
        value.as_object().is_some_and(|members| members.values().all(Value::is_string))
    }),
];

impl<'de> Deserialize<'de> for ReadAnswer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = <Map<String, Value> as Deserialize>::deserialize(deserializer)?;
        let mut of_other_type = BTreeMap::new();
        for (name, is_type) in REPEATED {
            if let Some(value) =
                members.get(*name).filter(|value| !value.is_null() && !is_type(value))
            {
                of_other_type.insert(*name, value.clone());
                members.remove(*name);
            }
        }
        let answer = Self::deserialize(Value::Object(members)).map_err(D::Error::custom)?;
        Ok(Self { of_other_type, ..answer })
    }
}

impl Serialize for ReadAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_of_another_type_does_not_hide_the_others() {
        let text =
            json!({"value": "one", "version": "7", "locked": 1, "exists": true, "type": null});
        let answer: ReadAnswer = serde_json::from_value(text).unwrap();
        assert_eq!((answer.value, answer.exists), (json!("one"), Some(true)));
        assert_eq!((answer.version, answer.locked, answer.kind), (None, None, None));
        assert_eq!(answer.of_other_type, [("locked", json!(1)), ("version", json!("7"))].into());
        let error = serde_json::from_value::<ReadAnswer>(json!({"value": 1, "bucket": "x"}));
        assert!(error.is_err(), "what no payload has is an error of the adapter");
        let plain = ReadAnswer { value: json!(1), version: Some(2), ..ReadAnswer::default() };
        assert_eq!(serde_json::to_value(plain).unwrap(), json!({"value": 1, "version": 2}));
    }
}
