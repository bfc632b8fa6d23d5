//! Features overridden by the baggage of a request.

use std::collections::BTreeSet;

use fh_eval::{Kind, Value};

use super::{Flags, format};
use crate::intercept::{Ask, Flow, Interceptor};

/// Which features baggage may carry, in or out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AllowedKeys {
    /// All.
    #[default]
    All,
    /// Those with these keys.
    Only(BTreeSet<Box<str>>),
}

impl AllowedKeys {
    /// Those with these keys.
    pub fn only<K: Into<Box<str>>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self::Only(keys.into_iter().map(Into::into).collect())
    }

    /// May baggage carry this one?
    #[must_use]
    pub fn allows(&self, key: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(keys) => keys.contains(key),
        }
    }
}

/// An interceptor over a baggage text that the program has got hold of: of a message, a job, a request.
///
/// It answers for everybody who reads. To follow the baggage of each request there is the interceptor of `fh-opentelemetry`, which
/// looks at the present OpenTelemetry context. Read the warning of [this module](super) first.
///
/// ```
/// use fh_session::baggage::{AllowedKeys, BaggageOverrides};
/// use fh_session::{Hub, HubOptions, LockPolicy};
/// use fh_eval::Timestamp;
/// use std::sync::Arc;
/// let hub = Hub::new(HubOptions::new(|| Timestamp::from_millis(0)));
/// let overrides = BaggageOverrides::new("BANNER=hello%20there,OTHER=1", AllowedKeys::only(["BANNER"]));
/// let _guard = hub.intercept(Arc::new(overrides), LockPolicy::Respect);
/// assert_eq!(hub.string("BANNER", None).as_deref(), Some("hello there"));
/// assert_eq!(hub.string("OTHER", None), None);
/// ```
#[derive(Debug)]
pub struct BaggageOverrides {
    flags: Flags,
    allowed: AllowedKeys,
}

impl BaggageOverrides {
    /// Overrides what stands in the value of a baggage entry, as far as that is allowed.
    #[must_use]
    pub fn new(text: &str, allowed: AllowedKeys) -> Self {
        Self { flags: Flags::parse(text), allowed }
    }
}

impl Interceptor for BaggageOverrides {
    fn name(&self) -> &str {
        "baggage"
    }

    fn intercept(&self, ask: &Ask<'_>) -> Flow {
        match self.flags.get(ask.key) {
            Some(value) if self.allowed.allows(ask.key) => answer(value, ask),
            _ => Flow::Continue,
        }
    }
}

/// What the value of a baggage entry says about a feature, for interceptors that find the text themselves.
///
/// For a BOOLEAN `true`, `yes`, `1` and `t` in any case are true, anything else is false, null too; other types get the text, for the core
/// to convert. Features that are not known get the text.
#[must_use]
pub fn intercept(text: &str, ask: &Ask<'_>, allowed: &AllowedKeys) -> Flow {
    if !allowed.allows(ask.key) {
        return Flow::Continue;
    }
    let found = format::items(text).find(|(key, _)| key == ask.key);
    match found {
        Some((_, value)) => answer(value.map(format::value).as_deref(), ask),
        None => Flow::Continue,
    }
}

fn answer(value: Option<&str>, ask: &Ask<'_>) -> Flow {
    let kind = ask.feature.and_then(|feature| feature.kind());
    Flow::Override(match (kind, value) {
        (Some(Kind::Boolean), value) => Some(Value::Bool(value.is_some_and(is_true))),
        (_, value) => value.map(|text| Value::Text(text.into())),
    })
}

fn is_true(text: &str) -> bool {
    ["true", "yes", "1", "t"].iter().any(|word| text.eq_ignore_ascii_case(word))
}
