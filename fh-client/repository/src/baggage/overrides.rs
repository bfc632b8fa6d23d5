//! Overrides of features from the baggage of a request.

use std::collections::BTreeSet;

use fh_eval::{Kind, Value};

use super::{Flags, format};
use crate::intercept::{Flow, InterceptedRead, Interceptor};

/// The features whose values may be read from baggage or written to it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AllowedKeys {
    /// Baggage may carry the values of all features.
    #[default]
    All,
    /// Baggage may carry only the values of the features with these keys.
    Only(BTreeSet<Box<str>>),
}

impl AllowedKeys {
    /// Creates a restriction to the features with these keys.
    pub fn only<K: Into<Box<str>>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self::Only(keys.into_iter().map(Into::into).collect())
    }

    /// Returns true if baggage may carry the feature with this key.
    #[must_use]
    pub fn allows(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key),
        }
    }
}

/// An interceptor that overrides features with the values of one baggage entry. The program has obtained the entry from a message, a job or
/// a request.
///
/// The overrides apply to reads for any context. The interceptor of `fh-opentelemetry` instead follows the baggage of each request, by the
/// current OpenTelemetry context. Read the warning of [this module](super) first.
///
/// ```
/// use fh_repository::baggage::{AllowedKeys, BaggageOverrides};
/// use fh_repository::{Repository, RepositoryOptions, LockPolicy};
/// use fh_eval::Timestamp;
/// use std::sync::Arc;
/// let repository = Repository::new(RepositoryOptions::new(|| Timestamp::from_millis(0)));
/// let overrides = BaggageOverrides::new("BANNER=hello%20there,OTHER=1", AllowedKeys::only(["BANNER"]));
/// let _guard = repository.intercept(Arc::new(overrides), LockPolicy::Respect);
/// assert_eq!(repository.read().string("BANNER", None).as_deref(), Some("hello there"));
/// assert_eq!(repository.read().string("OTHER", None), None);
/// ```
#[derive(Debug)]
pub struct BaggageOverrides {
    flags: Flags,
    allowed: AllowedKeys,
}

impl BaggageOverrides {
    /// Creates an interceptor that overrides features with the values of a baggage entry. `text` is the entry's value, without the name.
    /// Features that `allowed` does not contain are not overridden. Neither are features whose items end after the first
    /// [`MOST_BYTES`](super::MOST_BYTES) bytes of `text`.
    #[must_use]
    pub fn new(text: &str, allowed: AllowedKeys) -> Self {
        Self { flags: Flags::parse(text), allowed }
    }
}

impl Interceptor for BaggageOverrides {
    fn name(&self) -> &str {
        "baggage"
    }

    fn intercept(&self, ask: &InterceptedRead<'_>) -> Flow {
        match self.flags.get(ask.key) {
            Some(value) if self.allowed.allows(ask.key) => answer(value, ask),
            _ => Flow::Continue,
        }
    }
}

/// Returns the override of the feature that is read, from the value of a baggage entry. Returns [`Flow::Continue`] if `allowed` or the
/// entry does not contain the feature. Interceptors that obtain the entry themselves call this function.
///
/// For a BOOLEAN feature, `true`, `yes`, `1` and `t`, whatever their case, are true; any other value and null are false. Features of other
/// types, and missing features, are overridden with the text of the item, which the repository converts to the feature's type, or to the
/// type that the caller reads if the feature has no known type. An item without a value overrides them with null.
#[must_use]
pub fn intercept(text: &str, ask: &InterceptedRead<'_>, allowed: &AllowedKeys) -> Flow {
    if !allowed.allows(ask.key) {
        return Flow::Continue;
    }
    let found = format::items(text).find(|(key, _)| key == ask.key);
    match found {
        Some((_, value)) => answer(value.map(format::value).as_deref(), ask),
        None => Flow::Continue,
    }
}

fn answer(value: Option<&str>, ask: &InterceptedRead<'_>) -> Flow {
    let kind = ask.feature.and_then(|feature| feature.kind());
    Flow::Override(match (kind, value) {
        (Some(Kind::Boolean), value) => Some(Value::Bool(value.is_some_and(is_true))),
        (_, value) => value.map(|text| Value::Text(text.into())),
    })
}

fn is_true(text: &str) -> bool {
    ["true", "yes", "1", "t"].iter().any(|word| text.eq_ignore_ascii_case(word))
}
