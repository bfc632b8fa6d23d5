//! Usage events (sdk-behaviour 3.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use fh_eval::{Attributes, Kind, Timestamp, Value};

use crate::hub::{Answer, Reason, Snapshot};

/// What a user's code adds to a named event.
pub type Params = BTreeMap<String, serde_json::Value>;

/// Something was used.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum UsageEvent {
    /// One feature was read.
    Evaluated(Evaluated),
    /// All features, once, when the client first is ready.
    Collection(Collection),
    /// The user's code reports something, with all features as they are for a context.
    Named(Named),
}

/// One feature was read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Evaluated {
    /// The feature and the value that was served.
    pub feature: UsedFeature,
    /// Why that value.
    pub reason: Reason,
    /// The interceptor that answered.
    pub interceptor: Option<Arc<str>>,
    /// For whom.
    pub who: Option<Arc<Attributes>>,
    /// When.
    pub at: Timestamp,
}

/// All features.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Collection {
    /// Everybody's values.
    pub features: Vec<UsedFeature>,
    /// When.
    pub at: Timestamp,
}

/// Something happened that the user's code gave a name.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Named {
    /// The name.
    pub name: Arc<str>,
    /// What the user's code adds.
    pub params: Params,
    /// All features, as they are for the context.
    pub features: Vec<UsedFeature>,
    /// For whom.
    pub who: Option<Arc<Attributes>>,
    /// When.
    pub at: Timestamp,
}

/// A feature and its value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct UsedFeature {
    /// The key.
    pub key: Arc<str>,
    /// The id of the feature.
    pub id: Option<Arc<str>>,
    /// The environment that it is from.
    pub environment: Option<Arc<str>>,
    /// Its type; `None` if it is not known.
    pub kind: Option<Kind>,
    /// The value; `None` for null.
    pub value: Option<Value>,
    /// The strategy that matched; none if an interceptor answered.
    pub strategy_id: Option<Arc<str>>,
}

impl UsedFeature {
    /// The feature of an answer, if there is one.
    pub(crate) fn of(snapshot: &Snapshot, key: &str, answer: &Answer<'_>) -> Option<Self> {
        let feature = answer.feature()?;
        Some(Self {
            key: key.into(),
            id: feature.id().map(Into::into),
            environment: snapshot.rules().environment_of(key).cloned(),
            kind: feature.kind(),
            value: answer.value(),
            strategy_id: answer.strategy_id().map(Into::into),
        })
    }

    /// The value as statistics get it: `on` and `off`, text, a number's text; none for JSON and null (sdk-behaviour 3.3).
    #[must_use]
    pub fn text(&self) -> Option<Arc<str>> {
        match self.value.as_ref()? {
            Value::Bool(true) => Some("on".into()),
            Value::Bool(false) => Some("off".into()),
            Value::Number(number) => Some(number.as_str().into()),
            Value::Text(text) => Some(Arc::clone(text)),
            Value::Json(_) => None,
        }
    }
}

impl UsageEvent {
    /// For whom; none for nobody in particular.
    #[must_use]
    pub const fn who(&self) -> Option<&Arc<Attributes>> {
        match self {
            Self::Evaluated(event) => event.who.as_ref(),
            Self::Collection(_) => None,
            Self::Named(event) => event.who.as_ref(),
        }
    }

    /// The user's key, else the session; none for the anonymous.
    #[must_use]
    pub fn user_key(&self) -> Option<&str> {
        user_key(self.who()?)
    }

    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        match self {
            Self::Evaluated(event) => event.at,
            Self::Collection(event) => event.at,
            Self::Named(event) => event.at,
        }
    }

    /// Its name in published SDKs.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Evaluated(_) => "feature",
            Self::Collection(_) => "feature-collection",
            Self::Named(event) => &event.name,
        }
    }
}

pub(crate) fn user_key(who: &Attributes) -> Option<&str> {
    let first = |name| who.get(name).and_then(|mut values| values.next());
    first("userkey").or_else(|| first("session"))
}
