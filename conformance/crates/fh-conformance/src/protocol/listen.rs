//! Listeners, interceptors, usage and test updates.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::create::Context;

/// What a listener observes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenOn {
    /// Changes of one feature, as the client or a context sees it.
    #[default]
    Feature,
    /// The readiness of the client.
    Readiness,
    /// New states of the client, held ones included.
    NewState,
    /// Each update as it was received.
    Raw,
    /// Usage events.
    Usage,
}

/// The members of `listen`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listen {
    /// The name of the listener, which its events repeat.
    pub listener: String,
    /// What the listener observes.
    pub on: ListenOn,
    /// The key of the feature, for [`ListenOn::Feature`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// The context through which the listener sees the feature, for [`ListenOn::Feature`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// What the listener does in each call, after its event is sent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Then>,
}

/// One action of a listener.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
pub enum Then {
    /// Raises an error.
    Throw,
    /// Sleeps, in milliseconds.
    Sleep {
        /// The time.
        ms: u64,
    },
    /// Reads a feature of the client without a context. The event `called` reports the value under `reads`, by key; a listener with this
    /// action reads before its event is sent.
    Read {
        /// The key of the feature.
        feature: String,
        /// The getter.
        #[serde(rename = "type")]
        kind: String,
    },
    /// Adds a listener for changes of a feature.
    Listen {
        /// The name of the new listener.
        listener: String,
        /// The key of the feature.
        feature: String,
    },
    /// Removes a listener.
    Unlisten {
        /// The name of the listener.
        listener: String,
    },
    /// Closes the client.
    Close,
    /// Reads a feature through a context and reports nothing.
    Evaluate {
        /// The key of the feature.
        feature: String,
        /// The getter.
        #[serde(rename = "type")]
        kind: String,
        /// The context.
        #[serde(default)]
        context: Option<Context>,
    },
}

/// The members of `intercept`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Intercept {
    /// The name of the interceptor. An event `closed` with this name follows when the SDK closes it.
    pub interceptor: String,
    /// The key of the feature; missing if the interceptor answers for each feature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,
    /// The value that the interceptor gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The interceptor raises an error in place of a value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub throw: bool,
    /// The value also holds for a locked feature.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub even_locked: bool,
}

/// The members of `record`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    /// The name of the usage event.
    pub name: String,
    /// The parameters of the event.
    pub params: BTreeMap<String, Value>,
    /// The context of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// The members of `update`. A missing member is not part of the request.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Update {
    /// The key of the feature.
    pub feature: String,
    /// The new lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock: Option<bool>,
    /// The new value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The answer to `update`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Updated {
    /// True if the SDK reports success.
    pub accepted: bool,
    /// The status of the Edge's answer; missing if the SDK does not tell it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
}
