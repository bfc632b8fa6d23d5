//! A handle of one feature.

use std::fmt;
use std::sync::Arc;

use fh_eval::{Attributes, Kind, Number, Value};
use fh_repository::{Change, Detail, ExplainedDetail, ReadGuard, Subscription};
use serde::de::DeserializeOwned;

use crate::changes::Changes;
use crate::shared_state::SharedState;

/// A handle that reads one feature, for a context or without a context. The feature need not exist yet. Each read returns the
/// value that the feature has at that time.
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
    shared: Arc<SharedState>,
    key: Arc<str>,
    attributes: Option<Arc<Attributes>>,
}

impl Feature {
    pub(crate) fn new(
        shared: Arc<SharedState>,
        key: &str,
        attributes: Option<Arc<Attributes>>,
    ) -> Self {
        Self { shared, key: key.into(), attributes }
    }

    #[inline]
    fn read(&self) -> ReadGuard {
        self.shared.repository.read()
    }

    /// Returns the key of the feature that this handle reads.
    #[must_use]
    pub const fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Returns true if [`Self::boolean`] returns `Some(true)`.
    #[inline]
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.read().is_enabled(&self.key, self.attributes.as_ref())
    }

    /// Returns the value of a BOOLEAN feature, or the value with which an interceptor overrides it. Returns `None` if the
    /// value is null or has another type. Without an override, also returns `None` if the feature does not exist, or if the
    /// client has no features for the context.
    #[inline]
    #[must_use]
    pub fn boolean(&self) -> Option<bool> {
        self.read().boolean(&self.key, self.attributes.as_ref())
    }

    /// Returns the value as [`Self::boolean`] does, or `default` if that function returns `None`.
    #[must_use]
    pub fn boolean_or(&self, default: bool) -> bool {
        self.boolean().unwrap_or(default)
    }

    /// Returns the value of a STRING feature, or the value with which an interceptor overrides it. Returns `None` if the value
    /// is null or has another type. Without an override, also returns `None` if the feature does not exist, or if the client
    /// has no features for the context.
    #[must_use]
    pub fn string(&self) -> Option<Arc<str>> {
        self.read().string(&self.key, self.attributes.as_ref())
    }

    /// Returns the value as [`Self::string`] does, or `default` if that function returns `None`.
    #[must_use]
    pub fn string_or(&self, default: &str) -> Arc<str> {
        self.string().unwrap_or_else(|| default.into())
    }

    /// Returns the value of a NUMBER feature, or the value with which an interceptor overrides it, as the nearest `f64`.
    /// Returns `None` if the value is null or has another type. Without an override, also returns `None` if the feature does
    /// not exist, or if the client has no features for the context.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.read().number(&self.key, self.attributes.as_ref())
    }

    /// Returns the value as [`Self::number`] does, or `default` if that function returns `None`.
    #[must_use]
    pub fn number_or(&self, default: f64) -> f64 {
        self.number().unwrap_or(default)
    }

    /// Returns the exact number of which [`Self::number`] returns the nearest `f64`. The result keeps the decimal text of the
    /// number. Returns `None` in the same cases as [`Self::number`].
    #[must_use]
    pub fn decimal(&self) -> Option<Number> {
        self.read().decimal(&self.key, self.attributes.as_ref())
    }

    /// Returns the unparsed text of a JSON feature, or of the value with which an interceptor overrides it. Returns `None` if
    /// the value is null or has another type. Without an override, also returns `None` if the feature does not exist, or if
    /// the client has no features for the context.
    #[must_use]
    pub fn raw_json(&self) -> Option<Arc<str>> {
        self.read().json(&self.key, self.attributes.as_ref())
    }

    /// Returns the same value as [`Self::raw_json`], parsed. Returns `None` in the same cases as [`Self::raw_json`].
    ///
    /// # Errors
    /// [`serde_json::Error`] if the text is not JSON, or does not match the type `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<Option<T>, serde_json::Error> {
        self.raw_json().map(|text| serde_json::from_str(&text)).transpose()
    }

    /// Returns the parsed value as [`Self::json`] does, or `default` if that function returns `None` or an error.
    #[must_use]
    pub fn json_or<T: DeserializeOwned>(&self, default: T) -> T {
        self.json().ok().flatten().unwrap_or(default)
    }

    /// Returns the value of a feature of any type, or the value with which an interceptor overrides it. Returns `None` if the
    /// value is null. Without an override, also returns `None` if the feature does not exist, or if the client has no features
    /// for the context.
    #[must_use]
    pub fn value(&self) -> Option<Value> {
        self.read().value(&self.key, self.attributes.as_ref())
    }

    /// Returns the value together with the feature's type, version and lock, the strategy that matched, and the reason for the
    /// value.
    #[must_use]
    pub fn detail(&self) -> Detail {
        self.read().detail(&self.key, self.attributes.as_ref())
    }

    /// Returns the same as [`Self::detail`], without notifying observers.
    #[must_use]
    pub fn peek(&self) -> Detail {
        self.read().peek(&self.key, self.attributes.as_ref())
    }

    /// Returns the value with an explanation of the evaluation of the feature's strategies. With a server-evaluated key the
    /// Edge has evaluated the strategies, so the explanation does not contain their evaluation. The explanation's `Display` is
    /// text for people. Observers are not notified.
    #[must_use]
    pub fn explain(&self) -> ExplainedDetail {
        self.read().explain(&self.key, self.attributes.as_ref())
    }

    /// Returns true if the feature has a value other than null. Values from overrides and strategies count. Observers are not
    /// notified.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.read().is_set(&self.key, self.attributes.as_ref())
    }

    /// Returns true if the feature exists. An override of a feature that does not exist does not count. Observers are not
    /// notified.
    #[must_use]
    pub fn exists(&self) -> bool {
        self.read().exists(&self.key)
    }

    /// Returns true if the feature is locked. Returns false if the feature does not exist or, without an override, if the
    /// client has no features for the context. Observers are not notified.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.peek().is_locked
    }

    /// Returns the version of the feature. Returns -1 if the feature does not exist or, without an override, if the client has
    /// no features for the context. Observers are not notified.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.peek().version
    }

    /// Returns the type of the feature. Returns `None` if the feature does not exist, if its type is unknown or, without an
    /// override, if the client has no features for the context. Observers are not notified.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.peek().kind
    }

    /// Returns the names and values of the feature's properties. The list is empty if the Edge has sent no properties, for
    /// example because the API key has no permission to read them. The list is also empty in the cases in which [`Self::version`]
    /// returns -1. Observers are not notified.
    #[must_use]
    pub fn properties(&self) -> Vec<(String, String)> {
        self.peek().properties()
    }

    /// Registers a listener that is called when the value or the lock of the feature changes; see
    /// [`Context::on_change`](crate::Context::on_change).
    pub fn on_change(&self, call: impl Fn(&Change) + Send + Sync + 'static) -> Subscription {
        self.shared.repository.on_change(&self.key, self.attributes.as_ref(), call)
    }

    /// Returns the changes of the feature as a stream; see [`Changes`].
    pub fn changes(&self) -> Changes {
        Changes::new(&self.shared.repository, &self.key, self.attributes.as_ref())
    }
}

impl fmt::Debug for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feature").field("key", &self.key).finish_non_exhaustive()
    }
}
