//! The state of a client.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The answer to `state`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// The readiness of the client.
    pub readiness: SdkReadiness,
    /// The problem of the last attempt, in the SDK's words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// True if the client knows that its features may be out of date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale: Option<bool>,
    /// The time since the Edge last sent or confirmed the features, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_ms: Option<u64>,
    /// Number of requests that were handed to the HTTP library. A request that reaches no listener is seen here only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<u64>,
}

/// The readiness of a client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SdkReadiness {
    /// The client has no features yet.
    #[default]
    NotReady,
    /// The client has features.
    Ready,
    /// The Edge refused the client.
    Failed,
    /// The client is closed.
    Closed,
}

impl SdkReadiness {
    /// Returns the name on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotReady => "NOT_READY",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
            Self::Closed => "CLOSED",
        }
    }
}

impl fmt::Display for SdkReadiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The answer to `wait`, `refresh`, `context` and `keys`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReadinessAnswer {
    /// The readiness at the end of the operation.
    pub readiness: SdkReadiness,
}

/// The answer to `close`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Closed {
    /// The time that the SDK's `close` took, in milliseconds.
    pub took_ms: u64,
}
