//! Reads of the present state. Each loads the snapshot once; see [`Snapshot`](super::Snapshot) for what they mean.

use std::sync::Arc;

use fh_eval::{Attributes, Kind, Number, Value};

use super::{ContextValues, Detail, Explained, Hub};

impl Hub {
    /// Is the feature BOOLEAN and true?
    #[inline]
    #[must_use]
    pub fn is_enabled(&self, key: &str, who: Option<&Arc<Attributes>>) -> bool {
        self.inner.live.load().is_enabled(key, who)
    }

    /// The value of a BOOLEAN feature; `None` if it is null, of another type, or there is none.
    #[inline]
    #[must_use]
    pub fn boolean(&self, key: &str, who: Option<&Arc<Attributes>>) -> Option<bool> {
        self.inner.live.load().boolean(key, who)
    }

    /// The value of a STRING feature; `None` as for [`Self::boolean`].
    #[must_use]
    pub fn string(&self, key: &str, who: Option<&Arc<Attributes>>) -> Option<Arc<str>> {
        self.inner.live.load().string(key, who)
    }

    /// The value of a NUMBER feature, as the nearest double; `None` as for [`Self::boolean`].
    #[must_use]
    pub fn number(&self, key: &str, who: Option<&Arc<Attributes>>) -> Option<f64> {
        self.inner.live.load().number(key, who)
    }

    /// The value of a NUMBER feature, with its decimal text; `None` as for [`Self::boolean`].
    #[must_use]
    pub fn decimal(&self, key: &str, who: Option<&Arc<Attributes>>) -> Option<Number> {
        self.inner.live.load().decimal(key, who)
    }

    /// The text of a JSON feature, not parsed; `None` as for [`Self::boolean`].
    #[must_use]
    pub fn json(&self, key: &str, who: Option<&Arc<Attributes>>) -> Option<Arc<str>> {
        self.inner.live.load().json(key, who)
    }

    /// The value, whatever its type; `None` if it is null or there is none.
    #[must_use]
    pub fn value(&self, key: &str, who: Option<&Arc<Attributes>>) -> Option<Value> {
        self.inner.live.load().value(key, who)
    }

    /// The value with everything that is known about it.
    #[must_use]
    pub fn detail(&self, key: &str, who: Option<&Arc<Attributes>>) -> Detail {
        self.inner.live.load().detail(key, who)
    }

    /// The same, read as a type; see [`Snapshot::detail_as`](super::Snapshot::detail_as).
    #[must_use]
    pub fn detail_as(&self, key: &str, who: Option<&Arc<Attributes>>, kind: Kind) -> Detail {
        self.inner.live.load().detail_as(key, who, kind)
    }

    /// As [`Self::detail`], but no use: for metadata, tools and comparisons.
    #[must_use]
    pub fn peek(&self, key: &str, who: Option<&Arc<Attributes>>) -> Detail {
        self.inner.live.load().peek(key, who)
    }

    /// As [`Self::detail_as`], but no use.
    #[must_use]
    pub fn peek_as(&self, key: &str, who: Option<&Arc<Attributes>>, kind: Kind) -> Detail {
        self.inner.live.load().peek_as(key, who, kind)
    }

    /// Is the value anything but null? Overrides and strategies count; it is no use (sdk-behaviour 2.4).
    #[must_use]
    pub fn is_set(&self, key: &str, who: Option<&Arc<Attributes>>) -> bool {
        self.inner.live.load().is_set(key, who)
    }

    /// Is there such a feature? Overrides do not count. No use.
    #[must_use]
    pub fn exists(&self, key: &str) -> bool {
        self.inner.live.load().exists(key)
    }

    /// The keys of all features, in the payload's order. No use.
    #[must_use]
    pub fn keys(&self) -> Vec<Box<str>> {
        self.inner.live.load().keys()
    }

    /// All features, from one state, in the payload's order. No use.
    #[must_use]
    pub fn values(&self, who: Option<&Arc<Attributes>>) -> ContextValues {
        self.inner.live.load().values(who)
    }

    /// The answer and how it came about. No use.
    #[must_use]
    pub fn explain(&self, key: &str, who: Option<&Arc<Attributes>>) -> Explained {
        self.inner.live.load().explain(key, who)
    }
}
