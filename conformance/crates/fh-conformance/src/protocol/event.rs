//! The events that an adapter sends without a command.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub enum Event {
    /// A listener was called.
    Called(Box<Called>),
    /// A reader of the setting `readers` saw a value that cannot be.
    Wrong {
        /// The name of the client.
        client: String,
        /// A description of what was wrong.
        message: String,
    },
    /// The SDK closed an interceptor.
    Closed {
        /// The name of the client.
        client: String,
        /// The name of the interceptor.
        interceptor: String,
    },
}

/// The call of a listener. Which members are there depends on what the listener observes.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Called {
    /// The name of the client.
    pub client: String,
    /// The name of the listener.
    pub listener: String,
    /// The time of the call in milliseconds, by a monotonic clock of the adapter. Only differences have a meaning.
    pub t_ms: f64,
    /// The key of the feature (`feature`, `usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// The value as JSON (`feature`), or the text that the SDK reports (`usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// True if the feature exists (`feature`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exists: Option<bool>,
    /// True if the feature is locked (`feature`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locked: Option<bool>,
    /// The version (`feature`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// The new readiness (`readiness`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness: Option<super::SdkReadiness>,
    /// True if the state is held until it is released (`new_state`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<bool>,
    /// The kind of the update (`raw`: `features`, `feature` or `delete_feature`), or of the usage event (`usage`: `feature`,
    /// `collection`, or the name of a recorded event).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The source of the update, such as `streaming` (`raw`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The version of each feature of the update by key (`raw`), or the text of each feature of the event (`usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<BTreeMap<String, Value>>,
    /// The id of the feature (`usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The id of the environment (`usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// The user key (`usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_key: Option<String>,
    /// The attributes of the context (`usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<super::Context>,
    /// The id of the strategy that matched (`usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy_id: Option<String>,
    /// The parameters of a recorded event (`usage`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub params: Option<BTreeMap<String, Value>>,
    /// The values that the listener read, by key.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub reads: BTreeMap<String, Value>,
}
