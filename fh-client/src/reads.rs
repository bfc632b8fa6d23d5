//! The reads that clients, contexts and snapshots have in common, written once.

/// Reads by key. `$source` is what is read (a hub, or one state of it), `$who` the context.
macro_rules! reads {
    ($type:ty, |$self:ident| $source:expr, $who:expr) => {
        impl $type {
            /// Is the feature BOOLEAN and true?
            #[inline]
            #[must_use]
            pub fn is_enabled(&$self, key: &str) -> bool {
                $source.is_enabled(key, $who)
            }

            /// The value of a BOOLEAN feature; `None` if it is of another type, or there is none.
            #[inline]
            #[must_use]
            pub fn boolean(&$self, key: &str) -> Option<bool> {
                $source.boolean(key, $who)
            }

            /// As [`Self::boolean`], with this value in place of none.
            #[inline]
            #[must_use]
            pub fn boolean_or(&$self, key: &str, default: bool) -> bool {
                $source.boolean(key, $who).unwrap_or(default)
            }

            /// The value of a STRING feature; `None` if it is null, of another type, or there is none.
            #[must_use]
            pub fn string(&$self, key: &str) -> Option<Arc<str>> {
                $source.string(key, $who)
            }

            /// As [`Self::string`], with this value in place of none.
            #[must_use]
            pub fn string_or(&$self, key: &str, default: &str) -> Arc<str> {
                $source.string(key, $who).unwrap_or_else(|| default.into())
            }

            /// The value of a NUMBER feature, as the nearest double; `None` if it is null, of another type, or there is none.
            #[must_use]
            pub fn number(&$self, key: &str) -> Option<f64> {
                $source.number(key, $who)
            }

            /// As [`Self::number`], with this value in place of none.
            #[must_use]
            pub fn number_or(&$self, key: &str, default: f64) -> f64 {
                $source.number(key, $who).unwrap_or(default)
            }

            /// The value of a NUMBER feature with its decimal text, exact; `None` as for [`Self::number`].
            #[must_use]
            pub fn decimal(&$self, key: &str) -> Option<Number> {
                $source.decimal(key, $who)
            }

            /// The text of a JSON feature, not parsed; `None` if it is null, of another type, or there is none.
            #[must_use]
            pub fn raw_json(&$self, key: &str) -> Option<Arc<str>> {
                $source.json(key, $who)
            }

            /// The value of a JSON feature, parsed; `None` as for [`Self::raw_json`].
            ///
            /// # Errors
            /// The text is not JSON, or of another shape than `T`.
            pub fn json<T: DeserializeOwned>(&$self, key: &str) -> Result<Option<T>, serde_json::Error> {
                $source.json(key, $who).map(|text| serde_json::from_str(&text)).transpose()
            }

            /// As [`Self::json`], with this value in place of none, and of what cannot be parsed.
            #[must_use]
            pub fn json_or<T: DeserializeOwned>(&$self, key: &str, default: T) -> T {
                crate::reads::parsed($source.json(key, $who)).unwrap_or(default)
            }

            /// The value, whatever its type; `None` if it is null or there is none.
            #[must_use]
            pub fn value(&$self, key: &str) -> Option<Value> {
                $source.value(key, $who)
            }

            /// The value with everything that is known about it: type, version, lock, strategy, why.
            #[must_use]
            pub fn detail(&$self, key: &str) -> Detail {
                $source.detail(key, $who)
            }

            /// As [`Self::detail`], read as a type: a value of another one is none, with the reason `TYPE_MISMATCH`.
            #[must_use]
            pub fn detail_as(&$self, key: &str, kind: Kind) -> Detail {
                $source.detail_as(key, $who, kind)
            }

            /// As [`Self::detail`], but not told to observers: for tools and metadata.
            #[must_use]
            pub fn peek(&$self, key: &str) -> Detail {
                $source.peek(key, $who)
            }

            /// Is the value anything but null? Overrides and strategies count. Not told to observers.
            #[must_use]
            pub fn is_set(&$self, key: &str) -> bool {
                $source.is_set(key, $who)
            }

            /// Is there such a feature? Overrides do not count. Not told to observers.
            #[must_use]
            pub fn exists(&$self, key: &str) -> bool {
                $source.exists(key)
            }

            /// The keys of all features. Not told to observers.
            #[must_use]
            pub fn keys(&$self) -> Vec<Box<str>> {
                $source.keys()
            }

            /// All features with their values, from one state, which serialise as a document that bootstraps a web page
            /// (`docs/bootstrap.md`). Not told to observers.
            #[must_use]
            pub fn values(&$self) -> ContextValues {
                $source.values($who)
            }

            /// The value and how it came about, strategy by strategy; prints itself for people. Not told to observers.
            #[must_use]
            pub fn explain(&$self, key: &str) -> Explained {
                $source.explain(key, $who)
            }
        }
    };
}

pub(crate) use reads;

use std::sync::Arc;

use serde::de::DeserializeOwned;

/// A document, if there is one and it is of that shape.
pub(crate) fn parsed<T: DeserializeOwned>(text: Option<Arc<str>>) -> Option<T> {
    serde_json::from_str(&text?).ok()
}
