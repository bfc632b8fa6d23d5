//! The results of checks, and the report that collects them.

use fh_session::Secrets;
use serde::Serialize;
use serde_json::Value;

use crate::failure::{Failure, without_numbers};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CheckResult {
    /// The check found no problem.
    Good,
    /// The check found information that is neither good nor bad.
    Note,
    /// The checked part works, but not well, or not for all clients.
    Warning,
    /// The checked part does not work.
    Bad,
}

/// A finished check, which is one entry of the report.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Check {
    pub(crate) check: Topic,
    #[serde(rename = "verdict")]
    pub(crate) result: CheckResult,
    /// The result of the check as a sentence.
    pub(crate) message: String,
    /// Advice on what to do, or `None` if there is no advice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) advice: Option<String>,
    /// Figures and names for the JSON output, or null.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub(crate) data: Value,
}

/// The topic of a check, whose name follows the sign at the start of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Topic {
    Url,
    Key,
    Proxy,
    Name,
    Connect,
    Tls,
    Edge,
    Poll,
    Payload,
    Etag,
    Cache,
    Gzip,
    Clock,
    Context,
    Stream,
    Cors,
    Update,
}

impl Topic {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Key => "key",
            Self::Proxy => "proxy",
            Self::Name => "name",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Edge => "edge",
            Self::Poll => "poll",
            Self::Payload => "payload",
            Self::Etag => "etag",
            Self::Cache => "cache",
            Self::Gzip => "gzip",
            Self::Clock => "clock",
            Self::Context => "context",
            Self::Stream => "stream",
            Self::Cors => "cors",
            Self::Update => "update",
        }
    }
}

/// A function that is called with each check as soon as the check is done.
pub(crate) type Listener<'a> = dyn FnMut(&Check) -> Result<(), Failure> + 'a;

/// The checks that are done so far.
pub(crate) struct Report<'a> {
    listener: &'a mut Listener<'a>,
    secrets: Secrets,
    pub(crate) checks: Vec<Check>,
    /// The topics that a complete run checks, but that have no check. Empty before [`Self::leave_out`].
    pub(crate) left_out: Vec<Topic>,
}

impl<'a> Report<'a> {
    pub(super) const fn new(listener: &'a mut Listener<'a>, secrets: Secrets) -> Self {
        Self { listener, secrets, checks: Vec::new(), left_out: Vec::new() }
    }

    /// Adds a finding to the report, and calls the listener. The secret parts of API keys are removed from the texts of the
    /// finding, because a server may have repeated them. Secrets with fewer than 6 characters are not removed.
    pub(super) fn add(&mut self, finding: Finding) -> Result<(), Failure> {
        let Finding { topic, result, message, advice, data } = finding;
        let check = Check {
            check: topic,
            result,
            message: self.secrets.wiped(&message),
            advice: advice.map(|advice| self.secrets.wiped(&advice)),
            data: wiped_in(&self.secrets, data),
        };
        (self.listener)(&check)?;
        self.checks.push(check);
        Ok(())
    }

    /// Sets the left-out topics: the topics of `due` that have no check.
    pub(super) fn leave_out(&mut self, due: impl Iterator<Item = Topic>) {
        let is_looked_at = |topic: &Topic| self.checks.iter().any(|check| check.check == *topic);
        self.left_out = due.filter(|topic| !is_looked_at(topic)).collect();
    }
}

/// Removes the secrets from each text in a JSON document.
fn wiped_in(secrets: &Secrets, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(secrets.wiped(&text)),
        Value::Array(values) => values.into_iter().map(|value| wiped_in(secrets, value)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (secrets.wiped(&name), wiped_in(secrets, value)))
            .collect(),
        other => other,
    }
}

/// The result of a check, from which the secrets are not removed yet.
pub(super) struct Finding {
    topic: Topic,
    result: CheckResult,
    message: String,
    advice: Option<String>,
    data: Value,
}

impl Finding {
    fn new(topic: Topic, result: CheckResult, message: impl Into<String>) -> Self {
        let message = without_numbers(&message.into()).into_owned();
        Self { topic, result, message, advice: None, data: Value::Null }
    }

    pub(super) fn good(topic: Topic, message: impl Into<String>) -> Self {
        Self::new(topic, CheckResult::Good, message)
    }

    pub(super) fn note(topic: Topic, message: impl Into<String>) -> Self {
        Self::new(topic, CheckResult::Note, message)
    }

    pub(super) fn warning(topic: Topic, message: impl Into<String>) -> Self {
        Self::new(topic, CheckResult::Warning, message)
    }

    pub(super) fn bad(topic: Topic, message: impl Into<String>) -> Self {
        Self::new(topic, CheckResult::Bad, message)
    }

    pub(super) fn advice(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    pub(super) fn data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
}
