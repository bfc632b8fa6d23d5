//! The tables of the data file, and the file as a database with these tables.

use std::fmt;
use std::io;

use redb::{
    Builder, Database, ReadableTable, StorageBackend, Table, TableDefinition, WriteTransaction,
};

use crate::state_store::ChangeStoreError;

/// A table of records that is open for writing.
pub(super) type OpenRows<'a> = Table<'a, (&'static str, &'static str), &'static [u8]>;
/// A table whose keys are pairs of texts.
pub(super) type Rows = TableDefinition<'static, (&'static str, &'static str), &'static [u8]>;

/// The changed values, by environment and feature key.
pub(super) const CHANGES: Rows = TableDefinition::new("changes");
/// The last served versions, by environment and feature id.
pub(super) const VERSIONS: Rows = TableDefinition::new("versions");
pub(super) const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// The name by which a record identifies the table of changes.
pub(super) const CHANGE: &str = "change";
pub(super) const VERSION: &str = "version";
pub(super) const FACT: &str = "meta";
pub(super) const FORMAT: &str = "format";
pub(super) const REVISION: &str = "revision";
pub(super) const HIGHEST: &str = "highest";
pub(super) const FORGOTTEN: &str = "forgotten";
pub(super) const BASE: &str = "base";
pub(super) const REPLACEMENT: &str = "replacement";
/// The number of the current format of the tables.
pub const DATA_FORMAT: u8 = 2;
/// The current format of the tables. A file with an unknown format was in most cases written by another version of the program.
pub(super) const FORMAT_NOW: &[u8] = &[b'0' + DATA_FORMAT];
/// The previous format of the tables, in which records have no checksums, and there is no table of versions.
pub(super) const FORMAT_BEFORE: &[u8] = b"1";
pub(super) const FILE: &str = "changes.redb";
/// The number of bytes of the file that redb keeps in memory.
pub(super) const CACHE: usize = 4 * 1024 * 1024;

/// The reason why a file cannot be opened as a database, or lacks a table that cannot be created.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file cannot be read or written.
    Io(io::Error),
    Damaged(String),
}

impl Fault {
    pub(super) fn of(why: impl Into<redb::Error>) -> Self {
        match why.into() {
            redb::Error::Io(why) => Self::Io(why),
            why @ redb::Error::PreviousIo => Self::Io(io::Error::other(why)),
            why => Self::Damaged(why.to_string()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(why) => why.fmt(f),
            Self::Damaged(why) => f.write_str(why),
        }
    }
}

/// Opens a file as a database and creates the tables that the file lacks.
pub(super) fn create(backend: impl StorageBackend) -> Result<Database, Fault> {
    let database = builder().create_with_backend(backend).map_err(Fault::of)?;
    begin(&database)?;
    Ok(database)
}

pub(super) fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder
}

/// Creates the tables of a new file, and writes the current format of the tables into it. Writes nothing to a file that has a format.
pub(super) fn begin(database: &Database) -> Result<(), Fault> {
    let transaction = database.begin_write().map_err(Fault::of)?;
    let is_new = {
        let mut meta = transaction.open_table(META).map_err(Fault::of)?;
        let is_new = meta.get(FORMAT).map_err(Fault::of)?.is_none();
        if is_new {
            meta.insert(FORMAT, FORMAT_NOW).map_err(Fault::of)?;
            transaction.open_table(CHANGES).map_err(Fault::of)?;
            transaction.open_table(VERSIONS).map_err(Fault::of)?;
        }
        is_new
    };
    match is_new {
        true => transaction.commit().map_err(Fault::of),
        false => transaction.abort().map_err(Fault::of),
    }
}

/// Removes all rows of all tables.
pub(super) fn empty(transaction: &WriteTransaction) -> Result<(), ChangeStoreError> {
    for table in [CHANGES, VERSIONS] {
        transaction.delete_table(table).map_err(failed)?;
        transaction.open_table(table).map_err(failed)?;
    }
    transaction.delete_table(META).map(drop).map_err(failed)
}

pub(super) fn failed(why: impl fmt::Display) -> ChangeStoreError {
    ChangeStoreError(why.to_string())
}
