//! Reads of features, through a client and of a payload alone.

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
#[serde(default)]
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
    pub properties: Option<std::collections::BTreeMap<String, String>>,
    /// The error that the SDK raised during the read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
