//! The forms in which records are stored on disk.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::frame;
use super::tables::{CHANGE, CHANGES, Rows, VERSION, VERSIONS, failed};
use crate::state::{FeatureValue, State};
use crate::state_store::{ChangeStoreError, Fingerprint, Record, ServedVersion};

/// The envelope of every row of the current format, except the row of the format itself. It names the table of the row and the key of the
/// row in the table.
#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    /// The number of the transaction that wrote the row. Of two rows with the same table and key, the one with the higher number is newer.
    sequence: u64,
    #[serde(borrow)]
    table: Cow<'a, str>,
    #[serde(borrow)]
    place: (Cow<'a, str>, Cow<'a, str>),
    #[serde(borrow)]
    content: &'a RawValue,
}

/// A row that was read from the payload of a record.
pub(super) struct Found<'a> {
    pub(super) sequence: u64,
    pub(super) table: Cow<'a, str>,
    pub(super) place: (Cow<'a, str>, Cow<'a, str>),
    pub(super) content: &'a str,
}

/// The form of an [`Envelope`] in which it is written.
#[derive(Serialize)]
struct WrittenEnvelope<'a, T> {
    sequence: u64,
    table: &'a str,
    place: (&'a str, &'a str),
    content: &'a T,
}

/// Returns the bytes in which a row is stored: a record whose payload is the row's envelope.
pub(super) fn write_row(
    sequence: u64,
    table: &str,
    place: (&str, &str),
    content: &impl Serialize,
) -> Result<Vec<u8>, ChangeStoreError> {
    let envelope = WrittenEnvelope { sequence, table, place, content };
    frame::seal(|record| serde_json::to_writer(record, &envelope)).map_err(failed)
}

/// Returns a row's transaction number and content; `None` if the row is damaged, or belongs to another table or key.
pub(super) fn read_row<'a>(
    table: &str,
    place: (&str, &str),
    bytes: &'a [u8],
) -> Option<(u64, &'a str)> {
    let found = found(frame::unseal(bytes)?)?;
    let is_here = found.table == table && found.place.0 == place.0 && found.place.1 == place.1;
    is_here.then_some((found.sequence, found.content))
}

/// Parses a row from the payload of a record; `None` if the payload is not a row.
pub(super) fn found(payload: &[u8]) -> Option<Found<'_>> {
    let envelope: Envelope<'_> = serde_json::from_slice(payload).ok()?;
    let Envelope { sequence, table, place, content } = envelope;
    Some(Found { sequence, table, place, content: content.get() })
}

/// A record that is a row of a table.
pub(super) trait Row: PartialEq {
    /// The table of the row.
    const TABLE: Rows;
    /// The name of the table in records.
    const NAME: &'static str;

    /// The key of the row. The order of keys is that of the table.
    type Key<'a>: Ord
    where
        Self: 'a;

    /// The stored form of the record.
    type Stored: Serialize;

    fn key(&self) -> Self::Key<'_>;

    /// Returns the key as texts.
    fn place(&self) -> (String, Cow<'_, str>);

    fn stored(&self) -> Self::Stored;
}

impl Row for Record {
    const TABLE: Rows = CHANGES;
    const NAME: &'static str = CHANGE;

    type Key<'a> = (Uuid, &'a str);
    type Stored = StoredChange;

    fn key(&self) -> (Uuid, &str) {
        (self.environment, &self.feature)
    }

    fn place(&self) -> (String, Cow<'_, str>) {
        (self.environment.to_string(), (&*self.feature).into())
    }

    fn stored(&self) -> StoredChange {
        StoredChange::of(self)
    }
}

impl Row for ServedVersion {
    const TABLE: Rows = VERSIONS;
    const NAME: &'static str = VERSION;

    type Key<'a> = (Uuid, Uuid);
    type Stored = StoredVersion;

    fn key(&self) -> (Uuid, Uuid) {
        (self.environment, self.feature)
    }

    fn place(&self) -> (String, Cow<'_, str>) {
        (self.environment.to_string(), self.feature.to_string().into())
    }

    fn stored(&self) -> StoredVersion {
        StoredVersion::of(self)
    }
}

/// The stored form of one changed value.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredChange {
    base: String,
    version: i64,
    value: FeatureValue,
    /// The id of the feature, which is nil in files of format 1.
    #[serde(default)]
    id: Uuid,
    #[serde(default)]
    served: String,
}

impl StoredChange {
    pub(super) fn of(record: &Record) -> Self {
        Self {
            base: record.base.to_string(),
            version: record.version,
            value: record.value.clone(),
            id: record.id,
            served: record.served.to_string(),
        }
    }

    pub(super) fn into_record(self, environment: Uuid, feature: Arc<str>) -> Record {
        Record {
            environment,
            feature,
            id: self.id,
            base: self.base.as_str().into(),
            version: self.version,
            served: self.served.as_str().into(),
            value: self.value,
        }
    }
}

/// The stored form of the last served version of a value.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredVersion {
    version: i64,
    /// The fingerprint of the served value; `None` once the value is removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    served: Option<String>,
    /// True if the table of changes has a record of the value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    changed: bool,
}

impl StoredVersion {
    pub(super) fn of(version: &ServedVersion) -> Self {
        let served = version.served.as_ref().map(ToString::to_string);
        Self { version: version.version, served, changed: version.is_changed }
    }

    pub(super) fn into_version(self, environment: Uuid, feature: Uuid) -> ServedVersion {
        let served = self.served.as_deref().map(Fingerprint::from);
        let Self { version, changed: is_changed, .. } = self;
        ServedVersion { environment, feature, version, served, is_changed }
    }
}

/// The stored form of the last base (the state from its source): the fingerprint of the base, and the highest version that is a time, or 0
/// if no version is a time.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredBase {
    base: String,
    version: i64,
}

impl StoredBase {
    pub(super) fn of((base, version): &(Fingerprint, i64)) -> Self {
        Self { base: base.to_string(), version: *version }
    }
}

impl From<StoredBase> for (Fingerprint, i64) {
    fn from(stored: StoredBase) -> Self {
        (stored.base.as_str().into(), stored.version)
    }
}

/// The stored form of a state that was put in place of a base, with the fingerprint of the base.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredReplacement {
    base: String,
    state: Arc<State>,
}

impl StoredReplacement {
    pub(super) fn of((base, state): &(Fingerprint, Arc<State>)) -> Self {
        Self { base: base.to_string(), state: Arc::clone(state) }
    }
}

impl From<StoredReplacement> for (Fingerprint, Arc<State>) {
    fn from(stored: StoredReplacement) -> Self {
        (stored.base.as_str().into(), stored.state)
    }
}
