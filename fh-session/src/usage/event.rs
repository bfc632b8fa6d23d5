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
    /// The version of its value.
    pub version: i64,
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
            version: feature.version(),
        })
    }

    /// The variant, as OpenFeature calls it: the strategy that matched, else `default`.
    #[must_use]
    pub fn variant(&self) -> &str {
        self.strategy_id.as_deref().unwrap_or("default")
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

    /// The event as one flat record, as published SDKs send it (sdk-behaviour 3.3). Of equal names the later wins:
    ///
    /// - one feature: attributes, then `feature` (its key), `value`, `id` and `environmentId`;
    /// - several: params, then the features' texts by their keys, then attributes.
    ///
    /// What has no text is left out. The user's key is not in it ([`Self::user_key`]), but the attributes it may come from are.
    #[must_use]
    pub fn record(&self) -> Params {
        match self {
            Self::Evaluated(Evaluated { feature, who, .. }) => {
                let mut record = Params::new();
                add_attributes(&mut record, who.as_deref());
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
            Self::Named(Named { params, features, who, .. }) => {
                let mut record = params.clone();
                add_features(&mut record, features);
                add_attributes(&mut record, who.as_deref());
                record
            }
        }
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

/// One value as text, several as a list.
fn add_attributes(record: &mut Params, who: Option<&Attributes>) {
    for (name, mut values) in who.iter().flat_map(|who| who.iter()) {
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
