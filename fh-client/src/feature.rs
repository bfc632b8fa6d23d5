//! A feature as a handle.

use std::fmt;
use std::sync::Arc;

use fh_eval::{Attributes, Kind, Number, Value};
use fh_session::{Change, Detail, Explained, Subscription};
use serde::de::DeserializeOwned;

use crate::changes::Changes;
use crate::client::Inner;

/// One feature, for a context or for nobody in particular. It need not exist yet, and answers live: each read sees the present state.
///
/// ```
/// # use fh_client::testing::MemoryEdge;
/// # let edge = MemoryEdge::new();
/// # edge.set("LIMIT", 20);
/// # let client = edge.client().start()?;
/// # client.wait_ready(std::time::Duration::from_secs(5))?;
/// let limit = client.feature("LIMIT");
/// assert_eq!(limit.number_or(10.0), 20.0);
/// assert_eq!(limit.version(), 1);
/// assert!(!client.feature("NO_SUCH").exists());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Feature {
    inner: Arc<Inner>,
    key: Arc<str>,
    who: Option<Arc<Attributes>>,
}

impl Feature {
    pub(crate) fn new(inner: Arc<Inner>, key: &str, who: Option<Arc<Attributes>>) -> Self {
        Self { inner, key: key.into(), who }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Is it BOOLEAN and true?
    #[inline]
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.inner.hub.is_enabled(&self.key, self.who.as_ref())
    }

    /// The value of a BOOLEAN feature; `None` if it is of another type, or there is none.
    #[inline]
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        self.inner.hub.boolean(&self.key, self.who.as_ref())
    }

    /// As [`Self::boolean`], with this value in place of none.
    #[must_use]
    pub fn boolean_or(&self, default: bool) -> bool {
        self.boolean().unwrap_or(default)
    }

    /// The value of a STRING feature; `None` if it is null, of another type, or there is none.
    #[must_use]
    pub fn string(&self) -> Option<Arc<str>> {
        self.inner.hub.string(&self.key, self.who.as_ref())
    }

    /// As [`Self::string`], with this value in place of none.
    #[must_use]
    pub fn string_or(&self, default: &str) -> Arc<str> {
        self.string().unwrap_or_else(|| default.into())
    }

    /// The value of a NUMBER feature, as the nearest double; `None` if it is null, of another type, or there is none.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.inner.hub.number(&self.key, self.who.as_ref())
    }

    /// As [`Self::number`], with this value in place of none.
    #[must_use]
    pub fn number_or(&self, default: f64) -> f64 {
        self.number().unwrap_or(default)
    }

    /// The value of a NUMBER feature with its decimal text, exact; `None` as for [`Self::number`].
    #[must_use]
    pub fn decimal(&self) -> Option<Number> {
        self.inner.hub.decimal(&self.key, self.who.as_ref())
    }

    /// The text of a JSON feature, not parsed; `None` if it is null, of another type, or there is none.
    #[must_use]
    pub fn raw_json(&self) -> Option<Arc<str>> {
        self.inner.hub.json(&self.key, self.who.as_ref())
    }

    /// The value of a JSON feature, parsed; `None` as for [`Self::raw_json`].
    ///
    /// # Errors
    /// The text is not JSON, or of another shape than `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<Option<T>, serde_json::Error> {
        self.raw_json().map(|text| serde_json::from_str(&text)).transpose()
    }

    /// As [`Self::json`], with this value in place of none, and of what cannot be parsed.
    #[must_use]
    pub fn json_or<T: DeserializeOwned>(&self, default: T) -> T {
        self.json().ok().flatten().unwrap_or(default)
    }

    /// The value, whatever its type; `None` if it is null or there is none.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        self.inner.hub.value(&self.key, self.who.as_ref())
    }

    /// The value with everything that is known about it.
    #[must_use]
    pub fn detail(&self) -> Detail {
        self.inner.hub.detail(&self.key, self.who.as_ref())
    }

    /// As [`Self::detail`], but not told to observers.
    #[must_use]
    pub fn peek(&self) -> Detail {
        self.inner.hub.peek(&self.key, self.who.as_ref())
    }

    /// The value and how it came about; prints itself for people. Not told to observers.
    #[must_use]
    pub fn explain(&self) -> Explained {
        self.inner.hub.explain(&self.key, self.who.as_ref())
    }

    /// Is the value anything but null? Not told to observers.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.inner.hub.is_set(&self.key, self.who.as_ref())
    }

    /// Is there such a feature? Overrides do not count.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.inner.hub.exists(&self.key)
    }

    /// Is it locked?
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.peek().is_locked
    }

    /// Its version; -1 if there is no such feature.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.peek().version
    }

    /// Its type; `None` if there is no such feature, or its type is not known.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.peek().kind
    }

    /// Its properties, for keys that may read them.
    #[must_use]
    pub fn properties(&self) -> Vec<(String, String)> {
        self.peek().properties()
    }

    /// Calls when the value becomes another, or the lock flips; see [`Context::on_change`](crate::Context::on_change).
    pub fn on_change(&self, call: impl Fn(&Change) + Send + Sync + 'static) -> Subscription {
        self.inner.hub.on_change(&self.key, self.who.as_ref(), call)
    }

    /// The same as a stream.
    pub fn changes(&self) -> Changes {
        Changes::new(&self.inner.hub, &self.key, self.who.as_ref())
    }
}

impl fmt::Debug for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feature").field("key", &self.key).finish_non_exhaustive()
    }
}
