//! Everything about one answer, owned.

use std::fmt;
use std::sync::Arc;

use fh_eval::{Explanation, Kind, Value};

use super::answer::Answer;
use super::reason::Reason;
use super::snapshot::Snapshot;
use crate::rules::{Rules, Source};

/// What a feature is worth to somebody, why, and what else is known of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Detail {
    /// The key that was asked for.
    pub key: Box<str>,
    /// The value; `None` if it is null, or there is none, or it is not of the type that was asked for.
    pub value: Option<Value>,
    /// The feature's type; `None` if there is no such feature, or its type is not known.
    pub kind: Option<Kind>,
    /// Why.
    pub reason: Reason,
    /// The id of the strategy that matched.
    pub strategy_id: Option<Box<str>>,
    /// The interceptor that answered.
    pub interceptor: Option<Arc<str>>,
    /// Is there such a feature? Overrides do not count (sdk-behaviour 4.2).
    pub exists: bool,
    /// The version of the feature's value; -1 if there is no such feature.
    pub version: i64,
    /// The id of the feature.
    pub id: Option<Box<str>>,
    /// The id of the environment that the feature is from.
    pub environment: Option<Arc<str>>,
    /// Is it locked?
    pub is_locked: bool,
    /// Where the features came from last.
    pub source: Option<Source>,
    /// Has the Edge said that the environment is stale?
    pub is_stale: bool,
    /// The [`Snapshot::generation`] that was read.
    pub generation: u64,
    rules: Arc<Rules>,
}

impl Detail {
    pub(crate) fn of(
        snapshot: &Snapshot,
        key: &str,
        answer: &Answer<'_>,
        kind: Option<Kind>,
    ) -> Self {
        let (value, reason) = match kind {
            Some(kind) => answer.read(kind),
            None => (answer.value(), answer.reason()),
        };
        let feature = answer.feature();
        Self {
            key: key.into(),
            value,
            kind: feature.and_then(|feature| feature.kind()),
            reason,
            strategy_id: answer.strategy_id().map(Into::into),
            interceptor: answer.interceptor().cloned(),
            exists: feature.is_some(),
            version: feature.map_or(-1, |feature| feature.version()),
            id: feature.and_then(|feature| feature.id()).map(Into::into),
            environment: feature.and(snapshot.rules().environment_of(key)).cloned(),
            is_locked: answer.is_locked(),
            source: snapshot.status().source.clone(),
            is_stale: snapshot.status().is_stale,
            generation: snapshot.generation(),
            rules: Arc::clone(snapshot.rules()),
        }
    }

    /// The feature's properties, in the payload's order. Reads the payload's text again.
    #[must_use]
    pub fn properties(&self) -> Vec<(String, String)> {
        let feature = self.exists.then(|| self.rules.ruleset().get(&self.key)).flatten();
        let properties = feature.map(|feature| feature.properties()).unwrap_or_default();
        properties
            .into_iter()
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect()
    }
}

/// An answer, and how it came about. Prints itself for people.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Explained {
    /// The answer.
    pub detail: Detail,
    /// What the rules say, strategy by strategy, even if an interceptor answered instead; `None` if there is no such feature, or if it
    /// was not evaluated for this context.
    pub rules: Option<Explanation>,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = &self.detail;
        if let Some(interceptor) = &detail.interceptor {
            match &detail.value {
                Some(value) => writeln!(f, "{} = {value}: {interceptor} overrides it", detail.key)?,
                None => writeln!(f, "{} has no value: {interceptor} overrides it", detail.key)?,
            }
        }
        match (&self.rules, detail.reason) {
            (Some(rules), _) => rules.fmt(f),
            (None, Reason::NotReady) => {
                write!(f, "{}: there are no features yet for this context", detail.key)
            }
            (None, _) => write!(f, "{}: there is no such feature", detail.key),
        }
    }
}
