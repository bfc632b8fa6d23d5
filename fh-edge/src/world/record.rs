//! What is kept of changes, and where.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::state::{Feature, FeatureValue, State};

/// Stands for what a base says of something: equal for equal content, over restarts too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Print(Box<str>);

impl Print {
    /// Of anything that serialises, which states and their parts always do: their maps have texts for keys.
    pub(super) fn of(content: &impl serde::Serialize) -> Self {
        let json = serde_json::to_vec(content).unwrap_or_default();
        let digest = hmac_sha256::Hash::hash(&json);
        Self(digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
    }
}

impl From<&str> for Print {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for Print {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One changed value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Record {
    pub(crate) environment: Uuid,
    pub(crate) feature: Arc<str>,
    /// The feature's id; nil in records of before versions were kept.
    pub(crate) id: Uuid,
    /// Stands for what the base said when it was changed.
    pub(crate) base: Print,
    pub(crate) version: i64,
    /// Stands for the value.
    pub(crate) served: Print,
    pub(crate) value: FeatureValue,
}

/// The version that was served last of one value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ServedVersion {
    pub(crate) environment: Uuid,
    /// The feature's id.
    pub(crate) feature: Uuid,
    pub(crate) version: i64,
    /// Stands for the value; `None` once the value is gone.
    pub(crate) served: Option<Print>,
    /// Returns true if there is a record of a change.
    pub(crate) is_changed: bool,
}

impl ServedVersion {
    /// That of a change.
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

/// Everything that a journal holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Records {
    pub(crate) revision: u64,
    /// The highest version that was served.
    pub(crate) highest: i64,
    /// The versions that were served last, also of values that are gone.
    pub(crate) versions: Vec<ServedVersion>,
    /// The highest version of values that are gone and not among `versions` any more.
    pub(crate) forgotten: i64,
    /// The base that was served last, and the version that values have for which it states none.
    pub(crate) base: Option<(Print, i64)>,
    /// A state that an admin put in the place of the base with this print.
    pub(crate) replacement: Option<(Print, State)>,
    pub(crate) changes: Vec<Record>,
}

/// Why a change could not be kept.
#[derive(Debug)]
pub(crate) struct JournalError(pub(crate) String);

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for JournalError {}

/// Keeps changes. What `commit` accepted is there after the process was killed.
pub(crate) trait Journal: Send {
    /// Adds or replaces records, all or none of them. `highest` is the highest version that was served.
    fn commit(
        &mut self,
        revision: u64,
        highest: i64,
        changes: &[Record],
    ) -> Result<(), JournalError>;

    /// Holds these records and no others.
    fn rewrite(&mut self, records: &Records) -> Result<(), JournalError>;
}

/// Changes live as long as the process.
pub(crate) struct NoJournal;

impl Journal for NoJournal {
    fn commit(&mut self, _: u64, _: i64, _: &[Record]) -> Result<(), JournalError> {
        Ok(())
    }

    fn rewrite(&mut self, _: &Records) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Stands for what a base says of one value.
pub(super) fn fingerprint(feature: &Feature, value: Option<&FeatureValue>) -> Print {
    Print::of(&(feature.kind.as_str(), value))
}
