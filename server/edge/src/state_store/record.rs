//! The records of changed values, and the trait of stores that keep them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::digest::{digest, digits};
use crate::state::{Feature, FeatureValue, State};

/// A fingerprint of a part of a state. Equal content has equal fingerprints, also across restarts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(Box<str>);

impl Fingerprint {
    /// Computes the fingerprint of content that can be serialised. States and their parts always can be, because the keys of their maps are
    /// texts.
    pub(super) fn of(content: &impl serde::Serialize) -> Self {
        let json = serde_json::to_vec(content).unwrap_or_default();
        Self(digits(&digest(&json), 16).into())
    }
}

impl From<&str> for Fingerprint {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The record of one feature in one environment whose value or version differs from the base.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) environment: Uuid,
    pub(crate) feature: Arc<str>,
    /// The id of the feature. It is nil in records of format 1, which contain no feature ids.
    pub(crate) id: Uuid,
    /// The fingerprint of the value in the base at the time of the change.
    pub(crate) base: Fingerprint,
    pub(crate) version: i64,
    /// The fingerprint of the changed value.
    pub(crate) served: Fingerprint,
    pub(crate) value: FeatureValue,
}

/// The last served version of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServedVersion {
    pub(crate) environment: Uuid,
    /// The id of the feature.
    pub(crate) feature: Uuid,
    pub(crate) version: i64,
    /// The fingerprint of the served value; `None` once the value is removed.
    pub(crate) served: Option<Fingerprint>,
    /// True if the change store has a record of a change of the value.
    pub(crate) is_changed: bool,
}

impl ServedVersion {
    /// Returns the served version that the record of a change holds.
    pub(crate) fn of(record: &Record) -> Self {
        Self {
            environment: record.environment,
            feature: record.id,
            version: record.version,
            served: Some(record.served.clone()),
            is_changed: true,
        }
    }
}

/// The whole content of a change store.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Records {
    pub(crate) revision: u64,
    /// The highest version of any value that was served, or a higher number.
    pub(crate) highest: i64,
    /// The last served version of each value, including removed values that were not evicted.
    pub(crate) versions: Vec<ServedVersion>,
    /// The highest version of removed values that `versions` does not contain any more; 0 if there is none above 0.
    pub(crate) forgotten: i64,
    /// The fingerprint of the base that was read last, and a version; `None` if no base was ever loaded. The version is the highest of the
    /// unchanged values to which the base gives no version, or 0 if there are no such values.
    pub(crate) base: Option<(Fingerprint, i64)>,
    /// The fingerprint of a base, and the state that replaces it; `None` if the base is not replaced.
    pub(crate) replacement: Option<(Fingerprint, Arc<State>)>,
    pub(crate) changes: Vec<Record>,
}

impl Records {
    /// Returns true if the admin API has replaced this base.
    pub(crate) fn have_replaced(&self, base: &State) -> bool {
        self.replacement.as_ref().is_some_and(|(replaced, _)| *replaced == base_print(base))
    }
}

/// The reason why a change store could not be read or written.
#[derive(Debug)]
pub(crate) struct ChangeStoreError(pub(crate) String);

impl fmt::Display for ChangeStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ChangeStoreError {}

/// Returns the fingerprint of the value of one feature. The names of accepted warnings change nothing that clients see, so they do not count.
pub(super) fn fingerprint(feature: &Feature, value: Option<&FeatureValue>) -> Fingerprint {
    match value {
        Some(value) if !value.accept.is_empty() => {
            let served = FeatureValue { accept: BTreeSet::new(), ..value.clone() };
            Fingerprint::of(&(feature.kind.as_str(), Some(&served)))
        }
        value => Fingerprint::of(&(feature.kind.as_str(), value)),
    }
}

/// Returns the fingerprint of a whole base, without its revision.
pub(super) fn base_print(base: &State) -> Fingerprint {
    Fingerprint::of(&(&base.features, &base.environments, &base.accounts))
}
