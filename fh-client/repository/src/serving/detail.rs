//! Reads with all data of the feature. Their results borrow nothing.

use std::fmt;
use std::sync::Arc;

use fh_eval::{Attributes, Explanation, Kind, Subject, Value};

use super::mistakes::{Missing, ReadClock};
use super::snapshot::RepositorySnapshot;
use crate::answer::Answer;
use crate::reason::Reason;
use crate::rules::Rules;
use crate::source::Source;
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
use crate::system::System;

/// The value of a feature for a context, its reason, and further data of the feature. If the client has no features for the context and no
/// interceptor overrides the feature, the feature counts as missing, and the reason is [`Reason::NotReady`] or [`Reason::OtherContext`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Detail {
    /// The key that was read.
    pub key: Box<str>,
    /// The value; `None` if the value is null, if the value has another type than the requested type, or if the feature does not exist and
    /// is not overridden.
    pub value: Option<Value>,
    /// The feature's type; `None` if the feature does not exist or its type is unknown.
    pub kind: Option<Kind>,
    /// The reason for the value, for example that a strategy matched.
    pub reason: Reason,
    /// The id of the strategy that matched, of the variation of FeatBit that is served, or of
    /// the variant of FeatureSignals; `None` if no strategy gave the value, if the matching strategy has no id, or if the Edge that
    /// evaluated the feature reports no strategy.
    pub strategy_id: Option<Box<str>>,
    /// The name of the interceptor that returned the value; `None` if no interceptor overrode the feature.
    pub interceptor: Option<Arc<str>>,
    /// True if the feature exists. An override of a missing feature does not make this true.
    pub exists: bool,
    /// The version of the feature's value; -1 if the feature does not exist.
    pub version: i64,
    /// The id of the feature; `None` if the feature does not exist or has no id.
    pub id: Option<Box<str>>,
    /// The id of the feature's environment; `None` if the feature does not exist or its environment is unknown.
    pub environment: Option<Arc<str>>,
    /// True if the feature exists and is locked.
    pub is_locked: bool,
    /// The source of the features, from the client's status ([`SessionStatus::source`](crate::status::SessionStatus::source)); `None`
    /// before the first list of features.
    pub source: Option<Source>,
    /// True if the Edge has declared the environment stale, by the status of the snapshot.
    pub is_stale: bool,
    /// The [`RepositorySnapshot::generation`] of the snapshot that was read.
    pub generation: u64,
    rules: Arc<Rules>,
}

impl Detail {
    pub(crate) fn of(
        snapshot: &RepositorySnapshot,
        key: &str,
        answer: &Answer<'_>,
        kind: Option<Kind>,
    ) -> Self {
        let (value, reason) = match kind {
            Some(kind) => answer.read(kind),
            None => (answer.value(), answer.reason()),
        };
        let feature = answer.feature();
        // A strategy gives no value to a read of another type.
        let own_kind = feature.and_then(|feature| feature.kind());
        let is_of_kind = kind.is_none_or(|kind| own_kind == Some(kind) || value.is_some());
        let strategy_id = answer.strategy_id().filter(|_| is_of_kind);
        Self {
            key: key.into(),
            value,
            kind: own_kind,
            reason,
            strategy_id: strategy_id.map(Into::into),
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

    /// Returns the feature's properties, in the payload's order; empty if the feature does not exist. Each call parses the feature's JSON
    /// again.
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

impl RepositorySnapshot {
    /// Returns the value of a feature, with its reason and further data of the feature.
    #[must_use]
    pub fn detail(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Detail {
        self.used(key, attributes, None, |answer| Detail::of(self, key, answer, None))
    }

    /// Reads a feature as the type `kind`, and returns the same data as [`Self::detail`]. A feature of another type has no value, with the
    /// reason [`Reason::TypeMismatch`]. A null value of a feature of this type has the reason [`Reason::NotSet`].
    #[must_use]
    pub fn detail_as(&self, key: &str, attributes: Option<&Arc<Attributes>>, kind: Kind) -> Detail {
        self.used(key, attributes, Some(kind), |answer| Detail::of(self, key, answer, Some(kind)))
    }

    /// Returns the same as [`Self::detail`], but does not count as a use of the feature. Use this method for metadata, tools and
    /// comparisons.
    #[must_use]
    pub fn peek(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Detail {
        self.core.touch();
        Detail::of(self, key, &self.answer(key, attributes), None)
    }

    /// Returns the value of a feature and the steps of its evaluation. Does not count as a use of the feature.
    #[must_use]
    pub fn explain(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> ExplainedDetail {
        self.core.touch();
        let detail = Detail::of(self, key, &self.answer(key, attributes), None);
        let clock = ReadClock { snapshot: self, missing: Missing::Ignore };
        let subject = match attributes {
            Some(attributes) if self.rules.evaluated_for().is_none() => {
                Subject::new(attributes, clock)
            }
            _ => Subject::without_context(clock),
        };
        let is_for = self.is_for(attributes);
        let feature = is_for.then(|| self.rules.ruleset().get(key)).flatten();
        let has_features = is_for && self.knows_all_features();
        #[cfg(any(feature = "featbit", feature = "featuresignals"))]
        if self.rules.system() != System::FeatureHub {
            let attributes = attributes.map(|attributes| Attributes::clone(attributes));
            let attributes = attributes.unwrap_or_default();
            let flag = feature.and_then(|flag| self.explained_flag(flag, attributes));
            return ExplainedDetail { detail, rules: None, flag, has_features };
        }
        let rules = feature.map(|feature| feature.explain(&subject));
        ExplainedDetail {
            detail,
            rules,
            #[cfg(any(feature = "featbit", feature = "featuresignals"))]
            flag: None,
            has_features,
        }
    }
}

#[cfg(any(feature = "featbit", feature = "featuresignals"))]
impl RepositorySnapshot {
    /// Explains the evaluation of a flag of another system than FeatureHub; `None` if a server has evaluated it.
    fn explained_flag(
        &self,
        flag: fh_eval::FeatureRef<'_>,
        attributes: Attributes,
    ) -> Option<fh_eval::FlagExplanation> {
        match self.rules.system() {
            #[cfg(feature = "featbit")]
            System::FeatBit => Some(fh_eval::featbit::explain(flag, &attributes.into())),
            #[cfg(feature = "featuresignals")]
            System::FeatureSignals if self.rules.evaluated_for().is_none() => {
                let now = self.core.dispatcher.clock()();
                Some(fh_eval::featuresignals::explain(flag, &attributes.into(), now))
            }
            _ => None,
        }
    }
}

/// The result of a read, and the steps of the evaluation. `Display` writes a text for people.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExplainedDetail {
    /// The result of the read.
    pub detail: Detail,
    /// The evaluation of the rules, strategy by strategy, even if an interceptor returned the value. `None` if the feature does not exist,
    /// or if the client has no features for the context.
    pub rules: Option<Explanation>,
    /// The evaluation of a flag of FeatBit or FeatureSignals, step by step. `None` for features of FeatureHub, for flags that a server has
    /// evaluated, and in the same cases as [`Self::rules`].
    #[cfg(any(feature = "featbit", feature = "featuresignals"))]
    pub flag: Option<fh_eval::FlagExplanation>,
    /// False if the client is not ready, has no list of features, or has no features that are valid for the context.
    pub(crate) has_features: bool,
}

impl fmt::Display for ExplainedDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let detail = &self.detail;
        if let Some(interceptor) = &detail.interceptor {
            match &detail.value {
                Some(value) => writeln!(
                    f,
                    "{} = {value}: the interceptor {interceptor} overrides the value",
                    detail.key
                )?,
                None => writeln!(
                    f,
                    "{} has no value: the interceptor {interceptor} overrides the value",
                    detail.key
                )?,
            }
        }
        #[cfg(any(feature = "featbit", feature = "featuresignals"))]
        if let Some(flag) = &self.flag {
            return flag.fmt(f);
        }
        match &self.rules {
            Some(rules) => rules.fmt(f),
            None if detail.reason == Reason::OtherContext => {
                write!(f, "{}: the server evaluates the features for another context", detail.key)
            }
            None if !self.has_features => {
                write!(f, "{}: the client has no features for this context yet", detail.key)
            }
            None if detail.exists => {
                let value = detail.value.as_ref().map_or("null".to_string(), ToString::to_string);
                write!(
                    f,
                    "{} = {value}  ({}): the server evaluated the flag",
                    detail.key, detail.reason
                )
            }
            None => write!(f, "{}: there is no such feature", detail.key),
        }
    }
}
