//! The members of `create`: the settings of one client.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Attribute names and their values.
pub type Context = BTreeMap<String, Vec<String>>;

/// The settings of a client. The adapter leaves the SDK's default where a setting is missing, and lists what the SDK cannot set in
/// [`Created::ignored`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Create {
    /// The name by which later commands address the client.
    pub client: String,
    /// The base URL of the Edge.
    pub edge_url: String,
    /// The API keys.
    pub keys: Vec<String>,
    /// How the client fetches features.
    pub mode: Mode,
    /// The interval between polls, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub poll_ms: Option<u64>,
    /// The delays before retries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// The delays before retries after the Edge has refused the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// The time after which a stream counts as healthy, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy_after_ms: Option<u64>,
    /// The time limits of requests.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeouts: Option<Timeouts>,
    /// The maximum size of a body, a line and an event, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// Additional headers of each request.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// A certificate authority to trust, as PEM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_pem: Option<String>,
    /// The URL of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<String>,
    /// The path of a file or a folder in which the client keeps its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub store: Option<String>,
    /// The context that the client starts with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
    /// Sends the context of a stream in the query in place of a header.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub context_in_query: bool,
    /// Serves the former values while the features for another context, or with other API keys, are awaited.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keep_values: bool,
    /// Holds updates from the start (catch & release).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub catch: bool,
    /// Logs as much as the SDK can, to standard error.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub debug: bool,
    /// Number of threads that read the feature `STATE` all the time. What they see wrong is an event `wrong`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readers: Option<u32>,
}

/// How a client fetches features.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The client keeps a stream open.
    #[default]
    Stream,
    /// The client polls at an interval.
    Poll,
    /// The client polls when a feature is read and the interval has passed.
    Passive,
    /// The client polls once.
    Once,
}

/// Delays before retries.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// The first delay, in milliseconds.
    pub initial_ms: u64,
    /// The longest delay, in milliseconds.
    pub max_ms: u64,
    /// The share of a delay that is random, from 0 to 1.
    #[serde(default)]
    pub jitter: f64,
}

/// Delays before retries after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The first delay, in milliseconds.
    pub initial_ms: u64,
    /// The longest delay, in milliseconds.
    pub max_ms: u64,
}

/// Time limits of requests, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Timeouts {
    /// The limit for opening a connection.
    pub connect_ms: Option<u64>,
    /// The limit from a request to the complete head of its response.
    pub head_ms: Option<u64>,
    /// The limit for a whole poll.
    pub poll_ms: Option<u64>,
    /// The limit for a stream without a byte.
    pub idle_ms: Option<u64>,
    /// The limit for a stream without progress before its first list. An SDK without this limit ignores it.
    pub held_back_ms: Option<u64>,
}

/// The answer to `create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Created {
    /// The settings that the SDK cannot set, by their paths, such as `retry.jitter`.
    #[serde(default)]
    pub ignored: Vec<String>,
}
