//! Reads of the current snapshot. Each method loads the snapshot once; see [`RepositorySnapshot`](super::RepositorySnapshot) for details.

use std::sync::Arc;

use fh_eval::{Attributes, Kind, Number, Value};

use super::{ContextValues, Detail, ExplainedDetail, Repository};

impl Repository {
    /// Returns true if the feature is BOOLEAN and its value is true.
    #[inline]
    #[must_use]
    pub fn is_enabled(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> bool {
        self.inner.live.load().is_enabled(key, attributes)
    }

    /// Returns the value of a BOOLEAN feature; `None` if the value is null, or if the feature has another type or does not exist.
    #[inline]
    #[must_use]
    pub fn boolean(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<bool> {
        self.inner.live.load().boolean(key, attributes)
    }

    /// Returns the value of a STRING feature; `None` if the value is null, or if the feature has another type or does not exist.
    #[must_use]
    pub fn string(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<Arc<str>> {
        self.inner.live.load().string(key, attributes)
    }

    /// Returns the value of a NUMBER feature as the nearest double; `None` if the value is null, or if the feature has another type or does
    /// not exist.
    #[must_use]
    pub fn number(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<f64> {
        self.inner.live.load().number(key, attributes)
    }

    /// Returns the value of a NUMBER feature with its decimal text; `None` if the value is null, or if the feature has another type or does
    /// not exist.
    #[must_use]
    pub fn decimal(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<Number> {
        self.inner.live.load().decimal(key, attributes)
    }

    /// Returns the text of a JSON feature, without parsing it; `None` if the value is null, or if the feature has another type or does not
    /// exist.
    #[must_use]
    pub fn json(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<Arc<str>> {
        self.inner.live.load().json(key, attributes)
    }

    /// Returns the value of a feature of any type; `None` if the value is null or the feature does not exist.
    #[must_use]
    pub fn value(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Option<Value> {
        self.inner.live.load().value(key, attributes)
    }

    /// Returns the value with its reason and further data of the feature.
    #[must_use]
    pub fn detail(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Detail {
        self.inner.live.load().detail(key, attributes)
    }

    /// Returns the same as [`Self::detail`] for a read as the type `kind`; see
    /// [`RepositorySnapshot::detail_as`](super::RepositorySnapshot::detail_as).
    #[must_use]
    pub fn detail_as(&self, key: &str, attributes: Option<&Arc<Attributes>>, kind: Kind) -> Detail {
        self.inner.live.load().detail_as(key, attributes, kind)
    }

    /// Returns the same as [`Self::detail`], but does not count as a use of the feature. For metadata, tools and comparisons.
    #[must_use]
    pub fn peek(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> Detail {
        self.inner.live.load().peek(key, attributes)
    }

    /// Returns the same as [`Self::detail_as`], but does not count as a use of the feature.
    #[must_use]
    pub fn peek_as(&self, key: &str, attributes: Option<&Arc<Attributes>>, kind: Kind) -> Detail {
        self.inner.live.load().peek_as(key, attributes, kind)
    }

    /// Returns true if the value is not null. Overrides and strategies are applied. Does not count as a use of the feature (sdk-behaviour
    /// 2.4).
    #[must_use]
    pub fn is_set(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> bool {
        self.inner.live.load().is_set(key, attributes)
    }

    /// Returns true if the feature exists. An override of a missing feature has no effect. Does not count as a use of the feature.
    #[must_use]
    pub fn exists(&self, key: &str) -> bool {
        self.inner.live.load().exists(key)
    }

    /// Returns the keys of all features, in the payload's order. Does not count as a use of the features.
    #[must_use]
    pub fn keys(&self) -> Vec<Box<str>> {
        self.inner.live.load().keys()
    }

    /// Returns all features with their values, from one snapshot, in the payload's order. Does not count as a use of the features.
    #[must_use]
    pub fn values(&self, attributes: Option<&Arc<Attributes>>) -> ContextValues {
        self.inner.live.load().values(attributes)
    }

    /// Returns the value and the steps of the evaluation. Does not count as a use of the feature.
    #[must_use]
    pub fn explain(&self, key: &str, attributes: Option<&Arc<Attributes>>) -> ExplainedDetail {
        self.inner.live.load().explain(key, attributes)
    }
}
