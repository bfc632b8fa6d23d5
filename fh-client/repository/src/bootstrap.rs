//! The values of one context as a document for another program, such as a web page (docs/reference/bootstrap.md).

use fh_eval::{Kind, Timestamp, Value};

use crate::reason::Reason;
use crate::serving::detail::Detail;
use crate::serving::values::ContextValues;

#[cfg(feature = "serde")]
mod wire;

/// The version number of the bootstrap document's format. Reading a document with another number fails.
pub const BOOTSTRAP_FORMAT: u32 = 1;

/// The variant of a value without the id of a strategy.
const DEFAULT_VARIANT: &str = "default";

/// The values of one context. A program can read them without evaluating rules. With the feature `serde`, the values are serialised as the
/// document of `docs/reference/bootstrap.md`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// The [`RepositorySnapshot::generation`](crate::RepositorySnapshot::generation) of the snapshot from which the values were read.
    pub generation: u64,
    /// The time when the evaluation of the features began.
    pub time: Timestamp,
    /// The SHA-256 of the context, in lower-case hexadecimal; `None` if the values were read without a context.
    pub context: Option<Box<str>>,
    /// The features and their values for the context, in the order of [`RepositorySnapshot::keys`](crate::RepositorySnapshot::keys).
    pub features: Vec<BootstrapFeature>,
}

/// One feature of a [`Bootstrap`], with its value for the context.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct BootstrapFeature {
    /// The key by which programs read the feature.
    pub key: Box<str>,
    /// The feature's type; `None` if the type is unknown, or if the client had no features for the context.
    #[cfg_attr(feature = "serde", serde(rename = "type"))]
    pub kind: Option<Kind>,
    /// The value for the context; `None` if the value is null, or if the client had no features for the context.
    pub value: Option<Value>,
    /// The version of the feature's value; -1 if the client had no features for the context.
    pub version: i64,
    /// The reason for the value, for example that a strategy matched.
    pub reason: Reason,
    /// The id of the strategy that gave the value; `default` if no such id is known.
    pub variant: Box<str>,
}

impl From<&ContextValues> for Bootstrap {
    fn from(values: &ContextValues) -> Self {
        Self {
            generation: values.generation(),
            time: values.time(),
            context: values.context_hash().map(String::into_boxed_str),
            features: values.iter().map(BootstrapFeature::from).collect(),
        }
    }
}

impl From<&Detail> for BootstrapFeature {
    fn from(detail: &Detail) -> Self {
        Self {
            key: detail.key.clone(),
            kind: detail.kind,
            value: detail.value.clone(),
            version: detail.version,
            // The document's format has no reason for other contexts.
            reason: match detail.reason {
                Reason::OtherContext => Reason::NotReady,
                reason => reason,
            },
            variant: detail.variant().into(),
        }
    }
}

impl Detail {
    /// Returns the id of the strategy that gave the value; `default` if [`Self::strategy_id`] is `None`.
    #[must_use]
    pub fn variant(&self) -> &str {
        self.strategy_id.as_deref().unwrap_or(DEFAULT_VARIANT)
    }
}
