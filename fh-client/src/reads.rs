//! The reads that clients, contexts and snapshots have in common.

/// Implements reads of features by key. `$source` is the repository or the snapshot that is read. `$attributes` is the context,
/// or `None` for reads without a context.
macro_rules! reads {
    ($type:ty, |$self:ident| $source:expr, $attributes:expr) => {
        impl $type {
            /// Returns true if [`Self::boolean`] returns `Some(true)`.
            #[inline]
            #[must_use]
            pub fn is_enabled(&$self, key: &str) -> bool {
                $source.is_enabled(key, $attributes)
            }

            /// Returns the value of a BOOLEAN feature, or the value with which an interceptor overrides it. Returns `None` if
            /// the value is null or has another type. Without an override, also returns `None` if the feature does not exist,
            /// or if the client has no features for the context.
            #[inline]
            #[must_use]
            pub fn boolean(&$self, key: &str) -> Option<bool> {
                $source.boolean(key, $attributes)
            }

            /// Returns the value as [`Self::boolean`] does, or `default` if that function returns `None`.
            #[inline]
            #[must_use]
            pub fn boolean_or(&$self, key: &str, default: bool) -> bool {
                $source.boolean(key, $attributes).unwrap_or(default)
            }

            /// Returns the value of a STRING feature, or the value with which an interceptor overrides it. Returns `None` if
            /// the value is null or has another type. Without an override, also returns `None` if the feature does not exist,
            /// or if the client has no features for the context.
            #[must_use]
            pub fn string(&$self, key: &str) -> Option<Arc<str>> {
                $source.string(key, $attributes)
            }

            /// Returns the value as [`Self::string`] does, or `default` if that function returns `None`.
            #[must_use]
            pub fn string_or(&$self, key: &str, default: &str) -> Arc<str> {
                $source.string(key, $attributes).unwrap_or_else(|| default.into())
            }

            /// Returns the value of a NUMBER feature, or the value with which an interceptor overrides it, as the nearest
            /// `f64`. Returns `None` if the value is null or has another type. Without an override, also returns `None` if the
            /// feature does not exist, or if the client has no features for the context.
            #[must_use]
            pub fn number(&$self, key: &str) -> Option<f64> {
                $source.number(key, $attributes)
            }

            /// Returns the value as [`Self::number`] does, or `default` if that function returns `None`.
            #[must_use]
            pub fn number_or(&$self, key: &str, default: f64) -> f64 {
                $source.number(key, $attributes).unwrap_or(default)
            }

            /// Returns the exact number of which [`Self::number`] returns the nearest `f64`. The result keeps the decimal text
            /// of the number. Returns `None` in the same cases as [`Self::number`].
            #[must_use]
            pub fn decimal(&$self, key: &str) -> Option<Number> {
                $source.decimal(key, $attributes)
            }

            /// Returns the unparsed text of a JSON feature, or the text of the value with which an interceptor overrides the
            /// feature. Returns `None` if the value is null or the feature has another type. If the feature does not exist, or
            /// its type is unknown, an override other than null is returned as its text, which need not be JSON. Without an
            /// override, also returns `None` if the feature does not exist or its type is unknown, or if the client has no
            /// features for the context.
            #[must_use]
            pub fn raw_json(&$self, key: &str) -> Option<Arc<str>> {
                $source.json(key, $attributes)
            }

            /// Returns the same value as [`Self::raw_json`], parsed. Returns `None` in the same cases as [`Self::raw_json`].
            ///
            /// # Errors
            /// Returns [`serde_json::Error`] if the value is not JSON, or does not match the type `T`.
            pub fn json<T: DeserializeOwned>(&$self, key: &str) -> Result<Option<T>, serde_json::Error> {
                $source.json(key, $attributes).map(|text| serde_json::from_str(&text)).transpose()
            }

            /// Returns the parsed value as [`Self::json`] does, or `default` if that function returns `None` or an error.
            #[must_use]
            pub fn json_or<T: DeserializeOwned>(&$self, key: &str, default: T) -> T {
                crate::reads::parsed($source.json(key, $attributes)).unwrap_or(default)
            }

            /// Returns the value of a feature of any type, or the value with which an interceptor overrides it. Returns `None`
            /// if the value is null. Without an override, also returns `None` if the feature does not exist, or if the client
            /// has no features for the context.
            #[must_use]
            pub fn value(&$self, key: &str) -> Option<Value> {
                $source.value(key, $attributes)
            }

            /// Returns the value together with the feature's type, version and lock, the strategy that matched, and the reason
            /// for the value.
            #[must_use]
            pub fn detail(&$self, key: &str) -> Detail {
                $source.detail(key, $attributes)
            }

            /// Returns the value as [`Self::detail`] does, but only if it can be read as the type `kind`. The value of a
            /// feature of another type is left out, with the reason `TYPE_MISMATCH`.
            #[must_use]
            pub fn detail_as(&$self, key: &str, kind: Kind) -> Detail {
                $source.detail_as(key, $attributes, kind)
            }

            /// Returns the same as [`Self::detail`], without notifying observers. Use it in tools, and for reads of metadata.
            #[must_use]
            pub fn peek(&$self, key: &str) -> Detail {
                $source.peek(key, $attributes)
            }

            /// Returns true if the feature has a value other than null. Values from overrides and strategies count. Observers
            /// are not notified.
            #[must_use]
            pub fn is_set(&$self, key: &str) -> bool {
                $source.is_set(key, $attributes)
            }

            /// Returns true if the feature exists. An override of a feature that does not exist does not count. Observers are
            /// not notified.
            #[must_use]
            pub fn exists(&$self, key: &str) -> bool {
                $source.exists(key)
            }

            /// Returns the keys of all features. The keys of features that do not exist, but have a value from an
            /// interceptor, are left out. Observers are not notified.
            #[must_use]
            pub fn keys(&$self) -> Vec<Box<str>> {
                $source.keys()
            }

            /// Returns all features with their values, read from the same state of the client. With the cargo feature `serde`,
            /// the result serialises as a document that bootstraps a web page (`docs/reference/bootstrap.md`). Observers are not
            /// notified.
            #[must_use]
            pub fn values(&$self) -> ContextValues {
                $source.values($attributes)
            }

            /// Returns the value with an explanation of the evaluation of the feature's strategies. With a server-evaluated key
            /// the Edge has evaluated the strategies, so the explanation does not contain their evaluation. The explanation's
            /// `Display` is text for people. Observers are not notified.
            #[must_use]
            pub fn explain(&$self, key: &str) -> ExplainedDetail {
                $source.explain(key, $attributes)
            }
        }
    };
}

pub(crate) use reads;

use std::sync::Arc;

use serde::de::DeserializeOwned;

/// Returns the parsed JSON document, or `None` if there is no text or the text cannot be parsed as the type `T`.
pub(crate) fn parsed<T: DeserializeOwned>(text: Option<Arc<str>>) -> Option<T> {
    serde_json::from_str(&text?).ok()
}
