//! The values of one context as a document for another program, such as a web page (docs/bootstrap.md).

use fh_eval::{Kind, Timestamp, Value};

use crate::repository::{ContextValues, Detail, Reason};

#[cfg(feature = "serde")]
mod wire;

/// The number of the document's format. A reader refuses any other.
pub const BOOTSTRAP_FORMAT: u32 = 1;

/// The variant of a value that comes from no strategy.
const DEFAULT_VARIANT: &str = "default";

/// The values of one context, which a program can read without evaluating rules. With the feature `serde` it is serialised as the document
/// of `docs/bootstrap.md`.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// The [`RepositorySnapshot::generation`](crate::RepositorySnapshot::generation) that was read.
    pub generation: u64,
    /// The time of the evaluation.
    pub time: Timestamp,
    /// The SHA-256 of the context, in hexadecimal; `None` without a context.
    pub context: Option<Box<str>>,
    /// The features, in the payload's order.
    pub features: Vec<BootstrapFeature>,
}

/// One feature of a [`Bootstrap`].
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapFeature {
    /// The feature's key.
    pub key: Box<str>,
    /// The feature's type; `None` if it is not known.
    pub kind: Option<Kind>,
    /// The value for the context; `None` if it is null.
    pub value: Option<Value>,
    /// The version of the feature's value.
    pub version: i64,
    /// The reason of the value.
    pub reason: Reason,
    /// The id of the strategy that matched, or `default`.
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
            reason: detail.reason,
            variant: detail.variant().into(),
        }
    }
}

impl Detail {
    /// Returns the id of the strategy that matched, or `default`.
    #[must_use]
    pub fn variant(&self) -> &str {
        self.strategy_id.as_deref().unwrap_or(DEFAULT_VARIANT)
    }
}
