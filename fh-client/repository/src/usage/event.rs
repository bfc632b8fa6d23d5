//! The events that report the use of features.

use std::collections::BTreeMap;
use std::sync::Arc;

use fh_eval::{Attributes, Kind, Timestamp, Value};

use crate::answer::Answer;
use crate::reason::Reason;
use crate::rules::Rules;
use crate::system::System;

/// The data that the user's code adds to a named event, by name.
pub type Params = BTreeMap<String, serde_json::Value>;

/// An event that reports the use of features.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum UsageEvent {
    /// A feature was read.
    Evaluated(Evaluated),
    /// The values of all features. This event is created once, by the first delivery while the client is ready and has a list of features.
    /// Observers that are registered later do not get it.
    Collection(Collection),
    /// A named event of the user's code, with the values of all features for a context.
    Named(Named),
}

/// The read of one feature.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Evaluated {
    /// The feature that was read, and its value, even if the read requested another type.
    pub feature: UsedFeature,
    /// The reason for the value, for example that a strategy matched.
    pub reason: Reason,
    /// The name of the interceptor that returned the value; `None` if the value comes from the rules.
    pub interceptor: Option<Arc<str>>,
    /// The context of the read; `None` for a read without a context.
    pub attributes: Option<Arc<Attributes>>,
    /// The system whose feature was read.
    pub system: System,
    /// The time of the read.
    pub at: Timestamp,
}

/// All features of a client that is ready for the first time.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Collection {
    /// The features, with the values that a read without a context returns.
    pub features: Vec<UsedFeature>,
    /// The time of the event.
    pub at: Timestamp,
}

/// An event that the user's code reports by name, with the values of all features for a context.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Named {
    /// The name that the user's code gave to the event.
    pub name: Arc<str>,
    /// The data that the user's code adds to the event.
    pub params: Params,
    /// All features, with their values for the context. Features for which a read has no value are left out; null counts as a value.
    pub features: Vec<UsedFeature>,
    /// The context of the event; `None` if the event has no context.
    pub attributes: Option<Arc<Attributes>>,
    /// The system of the features.
    pub system: System,
    /// The time of the event.
    pub at: Timestamp,
}

/// A feature, and the value that a usage event reports for it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UsedFeature {
    /// The key by which programs read the feature.
    pub key: Arc<str>,
    /// The id of the feature; `None` if the payload has no id for it.
    pub id: Option<Arc<str>>,
    /// The id of the feature's environment; `None` if the environment is unknown.
    pub environment: Option<Arc<str>>,
    /// The feature's type; `None` if the type is unknown.
    pub kind: Option<Kind>,
    /// The value of the feature; `None` if the value is null.
    pub value: Option<Value>,
    /// The id of the strategy that matched, or of the variation of FeatBit that was served; `None` if no strategy matched, if the matching strategy has no id, if the Edge that evaluated
    /// the feature reports no strategy, or if an interceptor returned the value.
    pub strategy_id: Option<Arc<str>>,
    /// The version of the feature's value.
    pub version: i64,
}

impl UsedFeature {
    /// Returns the feature and the value from the result of a read; `None` if the feature does not exist.
    pub(crate) fn of(rules: &Rules, key: &str, answer: &Answer<'_>) -> Option<Self> {
        let feature = answer.feature()?;
        Some(Self {
            key: key.into(),
            id: feature.id().map(Into::into),
            environment: rules.environment_of(key).cloned(),
            kind: feature.kind(),
            value: answer.value(),
            strategy_id: answer.strategy_id().map(Into::into),
            version: feature.version(),
        })
    }

    /// Returns the variant, as OpenFeature uses this word: the id of the strategy that matched, or `default` if [`Self::strategy_id`] is
    /// `None`.
    #[must_use]
    pub fn variant(&self) -> &str {
        self.strategy_id.as_deref().unwrap_or("default")
    }

    /// Returns the value as text for statistics: `on` or `off` for a boolean, the decimal text of a number, or the text of another value
    /// that is not JSON. Returns `None` for JSON and null.
    #[must_use]
    pub fn text(&self) -> Option<Arc<str>> {
        match self.value.as_ref()? {
            Value::Bool(true) => Some("on".into()),
            Value::Bool(false) => Some("off".into()),
            Value::Number(number) => Some(number.as_str().into()),
            Value::Text(text) => Some(Arc::clone(text)),
            _ => None,
        }
    }
}

impl UsageEvent {
    /// Returns the context of the event; `None` if the event has no context.
    #[must_use]
    pub const fn attributes(&self) -> Option<&Arc<Attributes>> {
        match self {
            Self::Evaluated(event) => event.attributes.as_ref(),
            Self::Collection(_) => None,
            Self::Named(event) => event.attributes.as_ref(),
        }
    }

    /// Returns the user key of the event's context, which is the attribute [`System::user_key`]. For FeatureHub, returns the session if there
    /// is no user key. `None` if the context has neither.
    #[must_use]
    pub fn user_key(&self) -> Option<&str> {
        match self {
            Self::Evaluated(event) => user_key(event.attributes.as_deref()?, event.system),
            Self::Collection(_) => None,
            Self::Named(event) => user_key(event.attributes.as_deref()?, event.system),
        }
    }

    /// Returns the event as one flat record, in the form in which published SDKs send it. The members are added in the
    /// following order. If two members have the same name, the later member is used:
    ///
    /// - for the read of one feature: attributes, then `feature` (the feature's key), `value`, `id` and `environmentId`;
    /// - for several features: params, then the features' texts by their keys, then attributes.
    ///
    /// Values and ids of features are left out if they have no text. The record has no separate member for the user key
    /// ([`Self::user_key`]), but it contains the attributes.
    #[must_use]
    pub fn record(&self) -> Params {
        match self {
            Self::Evaluated(Evaluated { feature, attributes, .. }) => {
                let mut record = Params::new();
                add_attributes(&mut record, attributes.as_deref());
                let mut add = |name: &str, text: Option<&Arc<str>>| {
                    if let Some(text) = text {
                        record.insert(name.to_owned(), (&**text).into());
                    }
                };
                add("feature", Some(&feature.key));
                add("value", feature.text().as_ref());
                add("id", feature.id.as_ref());
                add("environmentId", feature.environment.as_ref());
                record
            }
            Self::Collection(Collection { features, .. }) => {
                let mut record = Params::new();
                add_features(&mut record, features);
                record
            }
            Self::Named(Named { params, features, attributes, .. }) => {
                let mut record = params.clone();
                add_features(&mut record, features);
                add_attributes(&mut record, attributes.as_deref());
                record
            }
        }
    }

    /// Returns the time of the event.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Evaluated(event) => event.at,
            Self::Collection(event) => event.at,
            Self::Named(event) => event.at,
        }
    }

    /// Returns the event's name in published SDKs: `feature`, `feature-collection`, or the name that the user's code gave to the event.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Evaluated(_) => "feature",
            Self::Collection(_) => "feature-collection",
            Self::Named(event) => &event.name,
        }
    }
}

/// Returns the user key of a context, or FeatureHub's session if there is no user key; `None` if the context has neither.
pub(crate) fn user_key(attributes: &Attributes, system: System) -> Option<&str> {
    let first = |name| attributes.get(name).and_then(|mut values| values.next());
    let session = || if system == System::FeatureHub { first("session") } else { None };
    first(system.user_key()).or_else(session)
}

/// Adds attributes to a record: a single value as text, several values as a list.
fn add_attributes(record: &mut Params, attributes: Option<&Attributes>) {
    for (name, mut values) in attributes.iter().flat_map(|attributes| attributes.iter()) {
        let value = match (values.len(), values.next()) {
            (1, Some(only)) => only.into(),
            (_, first) => first.into_iter().chain(values).collect::<Vec<_>>().into(),
        };
        record.insert(name.to_owned(), value);
    }
}

fn add_features(record: &mut Params, features: &[UsedFeature]) {
    for feature in features {
        if let Some(text) = feature.text() {
            record.insert(feature.key.to_string(), (&*text).into());
        }
    }
}
