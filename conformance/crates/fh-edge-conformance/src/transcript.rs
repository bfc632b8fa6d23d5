//! The recorded conversation with a running FeatureHub server.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// What was recorded: the accounts of one environment, and requests with their answers, in order.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transcript {
    /// The environment of all keys.
    pub environment_id: String,
    /// Feature key to the id of its value.
    pub value_ids: BTreeMap<String, String>,
    /// The service accounts by their names.
    pub accounts: BTreeMap<String, Account>,
    /// The conversation.
    pub steps: Vec<Step>,
}

/// A service account.
#[derive(Debug, Clone, Deserialize)]
pub struct Account {
    /// `environment/key*`.
    pub client: String,
    /// `environment/key`.
    pub server: String,
    /// What it may do.
    pub permissions: Vec<String>,
}

/// A request with a name, its answer, and what was asked while the answer was a stream.
#[derive(Debug, Clone, Deserialize)]
pub struct Step {
    /// Its name, once in the transcript.
    pub name: String,
    /// The request.
    pub request: Asked,
    /// The answer.
    pub response: Answered,
    /// Sent one after the other while the stream was open.
    #[serde(default)]
    pub during: Vec<Exchange>,
}

/// A request and its answer.
#[derive(Debug, Clone, Deserialize)]
pub struct Exchange {
    /// Its name, once in its step.
    pub name: String,
    /// The request.
    pub request: Asked,
    /// The answer.
    pub response: Answered,
}

/// A request as it was sent.
#[derive(Debug, Clone, Deserialize)]
pub struct Asked {
    /// `GET` and so on.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers that matter.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, if there was one.
    #[serde(default)]
    pub body: Option<String>,
}

/// An answer as it was received.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Answered {
    /// The status code.
    pub status: u16,
    /// Without date, length and connection management; names in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// JSON where it was JSON, else a text, null where it was empty.
    #[serde(default)]
    pub body: Value,
    /// A stream's events.
    #[serde(default)]
    pub events: Option<Vec<Told>>,
    /// Did the server end the stream?
    #[serde(default)]
    pub ended_by_server: bool,
}

/// An event as it was received.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Told {
    /// Its name.
    pub event: String,
    /// Its id.
    #[serde(default)]
    pub id: Option<String>,
    /// Its data.
    #[serde(default)]
    pub data: Value,
}

impl Transcript {
    /// The conversation of `conformance/data`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn recorded() -> Result<Self, serde_json::Error> {
        let text = include_str!("../../../data/imported/featurehub-live/transcript.json");
        serde_json::from_str(text)
    }
}
