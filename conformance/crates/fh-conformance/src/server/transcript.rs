//! The recorded conversation with a running FeatureHub server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A recording: the accounts of one environment, and requests with their answers, in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transcript {
    /// The environment of all keys.
    pub environment_id: String,
    /// The id of each feature's value, by feature key.
    pub value_ids: BTreeMap<String, String>,
    /// The service accounts by name.
    pub accounts: BTreeMap<String, Account>,
    /// The steps of the conversation.
    pub steps: Vec<Step>,
}

/// A service account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// The client-evaluated key, `environment/key*`.
    pub client: String,
    /// The server-evaluated key, `environment/key`.
    pub server: String,
    /// The account's permissions in the environment.
    pub permissions: Vec<String>,
}

/// A request with a name and its answer. If the answer is a stream, it also has the requests made while it was open.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Step {
    /// The step's name, unique in the transcript.
    pub name: String,
    /// The request.
    pub request: Asked,
    /// The answer.
    pub response: Answered,
    /// The exchanges made one after the other while the stream was open.
    #[serde(default)]
    pub during: Vec<Exchange>,
}

/// A request and its answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exchange {
    /// The exchange's name, unique in its step.
    pub name: String,
    /// The request.
    pub request: Asked,
    /// The answer.
    pub response: Answered,
}

/// A request as it was sent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Asked {
    /// The method: `GET` and so on.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers that influence the answer.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body, if there was one.
    #[serde(default)]
    pub body: Option<String>,
}

/// An answer as it was received.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answered {
    /// The status code.
    pub status: u16,
    /// The headers without date, length and connection management; names in lower case.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body: JSON if it was JSON, otherwise a text; null if it was empty.
    #[serde(default)]
    pub body: Value,
    /// The events, if the answer was a stream.
    #[serde(default)]
    pub events: Option<Vec<Told>>,
    /// True if the server ended the stream.
    #[serde(default)]
    pub ended_by_server: bool,
}

/// A stream event as it was received.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The event's name.
    pub event: String,
    /// The event's id.
    #[serde(default)]
    pub id: Option<String>,
    /// The event's data.
    #[serde(default)]
    pub data: Value,
}

/// The environment and the service accounts of a server: the first members of a transcript, as a file of their own.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cast {
    /// The environment of all keys.
    pub environment_id: String,
    /// The id of each feature's value, by feature key. No Edge reveals it; without it percentages cannot be compared.
    #[serde(default)]
    pub value_ids: BTreeMap<String, String>,
    /// The service accounts, by the names that the conversation uses.
    pub accounts: BTreeMap<String, Account>,
}

/// The reason why the keys of a transcript cannot be replaced.
#[derive(Debug)]
pub enum CastError {
    /// The conversation has an account of this name, but the other server has not.
    NoAccount(String),
    /// A key of this account does not have the form `ENVIRONMENT/KEY`.
    NoKey(String),
    /// The transcript cannot be written or read as JSON.
    Json(serde_json::Error),
}

impl std::fmt::Display for CastError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoAccount(name) => write!(f, "the keys file has no account {name}"),
            Self::NoKey(name) => {
                write!(f, "account {name}: a key has another form than ENVIRONMENT/KEY")
            }
            Self::Json(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for CastError {}

impl Transcript {
    /// Reads a transcript.
    ///
    /// # Errors
    /// If the text cannot be read, with line and column.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Returns the same conversation with the keys and the environment of another server, in requests and in answers.
    ///
    /// # Errors
    /// [`CastError`] if the other server lacks an account, or if a key has another form.
    pub fn with_cast(&self, cast: &Cast) -> Result<Self, CastError> {
        let mut text = serde_json::to_string(self).map_err(CastError::Json)?;
        for (name, account) in &self.accounts {
            let other =
                cast.accounts.get(name).ok_or_else(|| CastError::NoAccount(name.clone()))?;
            for (from, to) in [(&account.client, &other.client), (&account.server, &other.server)] {
                let secret = |key: &str| key.rsplit_once('/').map(|(_, secret)| secret.to_owned());
                let (Some(from), Some(to)) = (secret(from), secret(to)) else {
                    return Err(CastError::NoKey(name.clone()));
                };
                text = text.replace(&from, &to);
                // The form that queries use.
                text = text.replace(&from.replace('*', "%2A"), &to.replace('*', "%2A"));
            }
        }
        text = text.replace(&self.environment_id, &cast.environment_id);
        let mut other = Self::parse(&text).map_err(CastError::Json)?;
        other.accounts.clone_from(&cast.accounts);
        if !cast.value_ids.is_empty() {
            other.value_ids.clone_from(&cast.value_ids);
        }
        Ok(other)
    }

    /// Returns the same conversation with other contexts. The polls named `get context` followed by their own context are replaced by one
    /// poll for each of `contexts`.
    #[must_use]
    pub fn with_contexts(&self, contexts: &[String]) -> Self {
        let is_sample = |step: &Step| {
            let context = step.request.headers.get("x-featurehub");
            context.is_some_and(|context| step.name == format!("get context {context}"))
        };
        let Some(at) = self.steps.iter().position(is_sample).filter(|_| !contexts.is_empty())
        else {
            return self.clone();
        };
        let samples = contexts.iter().filter_map(|context| {
            let mut step = self.steps.get(at)?.clone();
            step.name = format!("get context {context}");
            step.request.headers.insert("x-featurehub".to_owned(), context.clone());
            Some(step)
        });
        let before = self.steps.iter().take(at).cloned();
        let after = self.steps.iter().skip(at).filter(|step| !is_sample(step)).cloned();
        let steps = before.chain(samples).chain(after).collect();
        Self { steps, ..self.clone() }
    }

    /// Returns the conversation of `conformance/data`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn recorded() -> Result<Self, serde_json::Error> {
        let text = include_str!("../../../../data/imported/featurehub-live/transcript.json");
        Self::parse(text)
    }
}
