//! The records of changes, and the store that keeps them.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::state::{Feature, FeatureValue, State};

/// A fingerprint of a part of a base. Equal content has equal fingerprints, across restarts too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fingerprint(Box<str>);

impl Fingerprint {
    /// Computes the fingerprint of content that can be serialised. States and their parts always can, because the keys of their maps are
    /// texts.
    pub(super) fn of(content: &impl serde::Serialize) -> Self {
        let json = serde_json::to_vec(content).unwrap_or_default();
        let digest = hmac_sha256::Hash::hash(&json);
        Self(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
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

/// One changed value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) environment: Uuid,
    pub(crate) feature: Arc<str>,
    /// The id of the feature; nil in records of format 1, which has no versions.
    pub(crate) id: Uuid,
    /// The fingerprint of the value in the base when it was changed.
    pub(crate) base: Fingerprint,
    pub(crate) version: i64,
    /// The fingerprint of the changed value.
    pub(crate) served: Fingerprint,
    pub(crate) value: FeatureValue,
}

/// The version that was served last of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServedVersion {
    pub(crate) environment: Uuid,
    /// The id of the feature.
    pub(crate) feature: Uuid,
    pub(crate) version: i64,
    /// The fingerprint of the value; `None` once the value is gone.
    pub(crate) served: Option<Fingerprint>,
    /// True if the value has a record of a change.
    pub(crate) is_changed: bool,
}

impl ServedVersion {
    /// Returns the version of a change.
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
    /// The highest version that was served.
    pub(crate) highest: i64,
    /// The versions that were served last, those of removed values included.
    pub(crate) versions: Vec<ServedVersion>,
    /// The highest version of removed values that are not among `versions` any more.
    pub(crate) forgotten: i64,
    /// The base that was served last, and the version of its values that state none.
    pub(crate) base: Option<(Fingerprint, i64)>,
    /// A state that replaces the base with this fingerprint.
    pub(crate) replacement: Option<(Fingerprint, State)>,
    pub(crate) changes: Vec<Record>,
}

/// The reason why a change could not be stored.
#[derive(Debug)]
pub(crate) struct JournalError(pub(crate) String);

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JournalError {}

/// A store of changes. Committed changes survive a kill of the process.
pub(crate) trait ChangeStore: Send {
    /// Adds or replaces records, all or none of them. `highest` is the highest version that was served.
    fn commit(
        &mut self,
        revision: u64,
        highest: i64,
        changes: &[Record],
    ) -> Result<(), JournalError>;

    /// Replaces the whole content.
    fn rewrite(&mut self, records: &Records) -> Result<(), JournalError>;
}

/// A store that keeps nothing: changes last as long as the process.
pub(crate) struct NoJournal;

impl ChangeStore for NoJournal {
    fn commit(&mut self, _: u64, _: i64, _: &[Record]) -> Result<(), JournalError> {
        Ok(())
    }

    fn rewrite(&mut self, _: &Records) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Returns the fingerprint of one value of a base.
pub(super) fn fingerprint(feature: &Feature, value: Option<&FeatureValue>) -> Fingerprint {
    Fingerprint::of(&(feature.kind.as_str(), value))
}
