//! The recorded conversation with a running FeatureHub server.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What was recorded: the accounts of one environment, and requests with their answers, in order.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Account {
    /// `environment/key*`.
    pub client: String,
    /// `environment/key`.
    pub server: String,
    /// What it may do.
    pub permissions: Vec<String>,
}

/// A request with a name, its answer, and what was asked while the answer was a stream.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Exchange {
    /// Its name, once in its step.
    pub name: String,
    /// The request.
    pub request: Asked,
    /// The answer.
    pub response: Answered,
}

/// A request as it was sent.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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

/// The environment and the service accounts of a server, as a file names them: the first members of a transcript.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cast {
    /// The environment of all keys.
    pub environment_id: String,
    /// Feature key to the id of its value, which no Edge tells; without them percentages cannot be compared.
    #[serde(default)]
    pub value_ids: BTreeMap<String, String>,
    /// The service accounts by the names that they have in the conversation.
    pub accounts: BTreeMap<String, Account>,
}

/// A transcript cannot be held with other keys.
#[derive(Debug)]
pub enum CastError {
    /// The conversation has an account of this name, the other server has none.
    NoAccount(String),
    /// A key of this account has another form than `ENVIRONMENT/KEY`.
    NoKey(String),
    /// The transcript cannot be written or read.
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
    /// With line and column.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The same conversation with the keys and the environment of another server, in requests and in answers.
    ///
    /// # Errors
    /// [`CastError`] if the other server lacks an account.
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
                // As queries write it.
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

    /// The same conversation with other contexts: each of them in place of the polls whose name is `get context` and their own context.
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

    /// The conversation of `conformance/data`.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn recorded() -> Result<Self, serde_json::Error> {
        let text = include_str!("../../../data/imported/featurehub-live/transcript.json");
        Self::parse(text)
    }
}
