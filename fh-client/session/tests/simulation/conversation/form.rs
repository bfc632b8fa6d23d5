//! The form of a conversation. The page `bindings/web/equality/README.md` describes each type and member.

use serde::{Serialize, Serializer};

pub type Pair = (String, String);
/// The attributes of a context, sorted by name.
pub type Context = Vec<(String, Vec<String>)>;

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Conversation {
    pub name: String,
    /// The seed in decimal digits, because a JSON number has only 53 bits in JavaScript.
    pub seed: String,
    pub config: Settings,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub edge: String,
    pub keys: Vec<String>,
    pub mode: Mode,
    pub context_placement: &'static str,
    pub while_switching: &'static str,
    pub headers: Vec<Pair>,
    pub identification: Option<String>,
    pub backoff: Backoff,
    pub return_within: (u64, u64),
    pub refused: Backoff,
    /// The settings that are single durations, each with its name.
    #[serde(flatten, serialize_with = "members")]
    pub durations: Vec<(String, u64)>,
    pub limits: Limits,
    pub profile: &'static str,
}

fn members<S: Serializer>(pairs: &[(String, u64)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(pairs.iter().map(|(name, value)| (name, value)))
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Mode {
    Streaming,
    ActivePolling { interval: u64 },
    PassivePolling { interval: u64 },
    OneOff,
    Offline,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backoff {
    pub initial: u64,
    pub cap: u64,
    pub jitter: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Limits {
    pub connect: u64,
    pub head: u64,
    pub poll: u64,
    pub idle: u64,
    pub held_back: u64,
    pub bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    pub at: u64,
    pub input: Input,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Action>,
    /// `None` if the deadline is the same as after the step before, `Some(None)` if there is no deadline any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Input {
    Start,
    Tick,
    Stop,
    Suspend,
    Resume,
    Refresh {
        command: u64,
    },
    FeatureRead,
    Context {
        command: u64,
        attributes: Context,
    },
    Keys {
        command: u64,
        keys: Vec<String>,
    },
    Opened {
        request: u64,
        status: u16,
        headers: Vec<Pair>,
    },
    Bytes {
        request: u64,
        bytes: String,
    },
    Closed {
        request: u64,
        end: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    Stored {
        source: Source,
        environment: String,
        features: String,
    },
    StoredFeature {
        source: Source,
        environment: String,
        feature: String,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Source {
    Polling,
    Streaming,
    Snapshot,
    Store(String),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Action {
    Send {
        request: u64,
        kind: &'static str,
        url: String,
        headers: Vec<Pair>,
    },
    Abort {
        request: u64,
    },
    #[serde(rename_all = "camelCase")]
    Publish {
        cause: &'static str,
        count: usize,
        features: String,
        environments: Option<Environments>,
        #[serde(skip_serializing_if = "Option::is_none")]
        evaluated_for: Option<EvaluatedFor>,
    },
    Revoke {
        environments: Vec<String>,
    },
    Status {
        changed: Changed,
    },
    Notice {
        notice: Notice,
    },
    Raw {
        source: Source,
        environment: Option<String>,
        kind: &'static str,
        json: String,
    },
    ReportReads,
    CommandDone {
        command: u64,
        #[serde(flatten)]
        outcome: Outcome,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Environments {
    One(String),
    /// The id of the environment of each feature.
    Several(Vec<Option<String>>),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvaluatedFor {
    pub context: Context,
    pub kept_for: Option<Context>,
    /// The id of the strategy of each feature.
    pub strategies: Vec<Option<String>>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Readiness(&'static str),
    Problem(Problem),
}

/// The members of a status that differ from those of the status before.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Option<Problem>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_attempt: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated: Option<Option<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Option<Source>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_stale: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_withheld: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_features: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Problem {
    pub code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Notice {
    KeyInSeveralEnvironments { feature: String, answers: String },
    CommaInValue { attribute: String },
    FellBackToPolling,
    StreamsHeldBack,
    StoreIgnored { source: Source },
    Ignored { what: String },
}

impl Conversation {
    /// Returns the side that evaluates with the keys of the settings.
    pub fn kind_of_keys(&self) -> &'static str {
        match self.config.keys.iter().any(|key| key.contains('*')) {
            true => "client-evaluated",
            false => "server-evaluated",
        }
    }
}

impl Mode {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::ActivePolling { .. } => "activePolling",
            Self::PassivePolling { .. } => "passivePolling",
            Self::OneOff => "oneOff",
            Self::Offline => "offline",
        }
    }
}
