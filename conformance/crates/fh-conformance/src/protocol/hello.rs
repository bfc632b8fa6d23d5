//! The answer to `hello`: the SDK, its capabilities and its default delays.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The answer to `hello`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Hello {
    /// The version of the protocol that the adapter speaks.
    pub protocol: u32,
    /// The SDK under test.
    pub sdk: Sdk,
    /// The capabilities that the SDK lacks, each with the reason. It has all others.
    #[serde(default)]
    pub cannot: BTreeMap<String, String>,
    /// The delays of a client that sets none.
    #[serde(default)]
    pub defaults: Defaults,
}

impl Hello {
    /// Returns true if the SDK has the capability.
    #[must_use]
    pub fn has(&self, capability: &str) -> bool {
        !self.cannot.contains_key(capability)
    }
}

/// The SDK that an adapter runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sdk {
    /// The name of the SDK, such as `featurehub-node`.
    pub name: String,
    /// The exact version. Baselines hold for one version.
    pub version: String,
    /// The programming language.
    #[serde(default)]
    pub language: String,
    /// The runtime, such as `Node 22.11`.
    #[serde(default)]
    pub runtime: String,
}

/// The delays of a client that sets none, in milliseconds. A delay that does not exist is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defaults {
    /// The interval between polls.
    pub poll_ms: Option<u64>,
    /// The first delay before a retry.
    pub retry_ms: Option<u64>,
    /// The longest delay before a retry.
    pub retry_max_ms: Option<u64>,
    /// The time without a byte after which a stream counts as lost.
    pub idle_ms: Option<u64>,
}
