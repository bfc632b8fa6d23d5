//! Reads the file of a data folder, record by record. A damaged record does not prevent the other records from being read.

use redb::{Database, ReadOnlyTable, ReadTransaction, ReadableTable, TableError};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::difference::bytes_of;
use super::lost::Lost;
use super::stored::{StoredBase, StoredChange, StoredReplacement, StoredVersion, read_row};
use super::tables::{
    BASE, CHANGE, CHANGES, FACT, FORGOTTEN, FORMAT, FORMAT_BEFORE, FORMAT_NOW, HIGHEST, META,
    REPLACEMENT, REVISION, Rows, VERSION, VERSIONS, failed,
};
use crate::state_store::{ChangeStoreError, Record, Records, ServedVersion};

/// The records that could be read from a file, and the damaged records.
#[derive(Default)]
pub(super) struct Contents {
    pub(super) records: Records,
    /// The damaged records.
    pub(super) damaged: Vec<Lost>,
    /// The highest transaction number of the records that were read; 0 if there is none.
    pub(super) sequence: u64,
    /// The number of bytes of all keys and values.
    pub(super) bytes: u64,
    /// True if the records have the previous format.
    pub(super) is_bare: bool,
}

/// The format of a file's records.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    /// Each record is JSON without a checksum (format 1).
    Bare,
    /// Each record is JSON with a checksum (format 2).
    Sealed,
}

/// Reads the records in all tables of a file.
///
/// # Errors
/// The outer error means that the structure of the file is damaged. The inner error means that the format of the file is unknown, in most
/// cases because another version of the program wrote the file.
pub(super) fn read(
    database: &Database,
) -> Result<Result<Contents, ChangeStoreError>, ChangeStoreError> {
    let transaction = database.begin_read().map_err(failed)?;
    let mut contents = Contents::default();
    let format = match format(&transaction)? {
        None => return Ok(Ok(contents)),
        Some(format) => match format {
            Ok(format) => format,
            Err(why) => return Ok(Err(why)),
        },
    };
    contents.is_bare = format == Format::Bare;
    let meta = transaction.open_table(META).map_err(failed)?;
    for name in [REVISION, HIGHEST, FORGOTTEN, BASE, REPLACEMENT] {
        if let Some(row) = meta.get(name).map_err(failed)? {
            contents.bytes += bytes_of((name, ""), Some(row.value().len()));
            contents.fact(format, name, row.value());
        }
    }
    for (table, name) in [(CHANGES, CHANGE), (VERSIONS, VERSION)] {
        let Some(table) = open(&transaction, table)? else { continue };
        for row in table.iter().map_err(failed)? {
            let (place, row) = row.map_err(failed)?;
            contents.bytes += bytes_of(place.value(), Some(row.value().len()));
            contents.row(format, name, place.value(), row.value());
        }
    }
    contents.raise();
    Ok(Ok(contents))
}

/// The type of a table that is open for reading.
type ReadRows = ReadOnlyTable<(&'static str, &'static str), &'static [u8]>;

/// Opens the table with this name; `None` if the table does not exist.
fn open(transaction: &ReadTransaction, table: Rows) -> Result<Option<ReadRows>, ChangeStoreError> {
    match transaction.open_table(table) {
        Ok(table) => Ok(Some(table)),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(why) => Err(failed(why)),
    }
}

/// Returns the format of a file's records; `None` if the file names no format, as a new file does. The inner error means that the format is
/// unknown.
fn format(
    transaction: &ReadTransaction,
) -> Result<Option<Result<Format, ChangeStoreError>>, ChangeStoreError> {
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(why) => return Err(failed(why)),
    };
    let Some(format) = meta.get(FORMAT).map_err(failed)? else { return Ok(None) };
    Ok(Some(match format.value() {
        FORMAT_NOW => Ok(Format::Sealed),
        FORMAT_BEFORE => Ok(Format::Bare),
        other => Err(ChangeStoreError(format!(
            "the file has format {}, which this version of the program cannot read",
            String::from_utf8_lossy(other)
        ))),
    }))
}

impl Contents {
    /// Returns true if the rows of the file are these records, in the current format.
    pub(super) fn is_exact(&self) -> bool {
        self.damaged.is_empty() && !self.is_bare
    }

    /// Raises the highest version to at least the version of each change and of each served version that was read, because the row of the
    /// highest version may be damaged.
    pub(super) fn raise(&mut self) {
        let Records { changes, versions, highest, .. } = &mut self.records;
        let of_all = versions.iter().map(|version| version.version);
        let of_all = of_all.chain(changes.iter().map(|change| change.version));
        *highest = of_all.fold(*highest, i64::max);
    }

    /// Adds a fact, such as the revision, to the records. If the row of the fact is damaged, adds the fact to the list of damaged records.
    fn fact(&mut self, format: Format, name: &str, row: &[u8]) {
        let is_read = match self.content(format, FACT, (name, ""), row) {
            Some(content) => self.take_fact(name, content),
            None => false,
        };
        if !is_read {
            self.damaged.push(Lost::new(FACT, (name, "")));
        }
    }

    /// Adds a row of a table to the records. If the row is damaged, adds the row to the list of damaged records.
    fn row(&mut self, format: Format, table: &str, place: (&str, &str), row: &[u8]) {
        let is_read = match self.content(format, table, place, row) {
            Some(content) => self.take_row(table, place, content),
            None => false,
        };
        if !is_read {
            self.damaged.push(Lost::new(table, place));
        }
    }

    /// Returns the JSON of a row; `None` if the row is damaged, or belongs to another table or key.
    fn content<'a>(
        &mut self,
        format: Format,
        table: &str,
        place: (&str, &str),
        row: &'a [u8],
    ) -> Option<&'a str> {
        match format {
            Format::Bare => std::str::from_utf8(row).ok(),
            Format::Sealed => {
                let (sequence, content) = read_row(table, place, row)?;
                self.sequence = self.sequence.max(sequence);
                Some(content)
            }
        }
    }

    /// Parses the JSON of a row in the table of facts about the data folder, such as its highest version, and adds the fact to the records
    /// that were read. Returns false if the JSON does not have the form of this fact.
    pub(super) fn take_fact(&mut self, name: &str, json: &str) -> bool {
        let records = &mut self.records;
        match name {
            REVISION => set(&mut records.revision, parse(json)),
            HIGHEST => set(&mut records.highest, parse(json)),
            FORGOTTEN => set(&mut records.forgotten, parse(json)),
            BASE => set(&mut records.base, parse::<StoredBase>(json).map(|base| Some(base.into()))),
            REPLACEMENT => {
                let read = parse::<StoredReplacement>(json);
                set(&mut records.replacement, read.map(|replacement| Some(replacement.into())))
            }
            _ => false,
        }
    }

    /// Parses the JSON of a row and adds the row to the records that were read. Returns false if the JSON is not valid for the table.
    pub(super) fn take_row(&mut self, table: &str, place: (&str, &str), json: &str) -> bool {
        let Ok(environment) = place.0.parse::<Uuid>() else { return false };
        match table {
            CHANGE => {
                let record: Option<Record> = parse::<StoredChange>(json)
                    .map(|change| change.into_record(environment, place.1.into()));
                let is_read = record.is_some();
                self.records.changes.extend(record);
                is_read
            }
            VERSION => {
                let feature = place.1.parse::<Uuid>().ok();
                let version: Option<ServedVersion> = feature
                    .zip(parse::<StoredVersion>(json))
                    .map(|(feature, version)| version.into_version(environment, feature));
                let is_read = version.is_some();
                self.records.versions.extend(version);
                is_read
            }
            _ => false,
        }
    }
}

fn parse<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok()
}

/// Sets `place` to `value` and returns true. Returns false and changes nothing if `value` is `None`.
fn set<T>(place: &mut T, value: Option<T>) -> bool {
    match value {
        Some(value) => {
            *place = value;
            true
        }
        None => false,
    }
}
