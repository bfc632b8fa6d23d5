//! The data folder, which stores changes on disk. Acknowledged changes survive if the process is killed, because redb commits them
//! in transactions. Each record of the current format has a checksum, and a damaged file can be repaired.

mod difference;
mod error;
mod file;
mod frame;
mod guarded;
mod lost;
mod overlay;
mod read;
mod repair;
mod stored;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redb::{
    Builder, Database, ReadableTable, StorageBackend, Table, TableDefinition, WriteTransaction,
};

use crate::state_store::{ChangeStore, ChangeStoreError, Record, Records, ServedVersion};
use difference::{Difference, insert};
pub use error::DataFolderError;
use file::{LockedFile, SharedBackend};
pub use guarded::DATA_THREAD;
use guarded::guarded;
use read::{Contents, read};
pub(crate) use repair::Repaired;
use stored::{Row, StoredBase, StoredReplacement, write_row};

/// A table of records that is open for writing.
type OpenRows<'a> = Table<'a, (&'static str, &'static str), &'static [u8]>;
/// A table whose keys are pairs of texts.
type Rows = TableDefinition<'static, (&'static str, &'static str), &'static [u8]>;

/// The changed values, by environment and feature key.
const CHANGES: Rows = TableDefinition::new("changes");
/// The last served versions, by environment and feature id.
const VERSIONS: Rows = TableDefinition::new("versions");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
/// The name by which a record identifies the table of changes.
const CHANGE: &str = "change";
const VERSION: &str = "version";
const FACT: &str = "meta";
const FORMAT: &str = "format";
const REVISION: &str = "revision";
const HIGHEST: &str = "highest";
const FORGOTTEN: &str = "forgotten";
const BASE: &str = "base";
const REPLACEMENT: &str = "replacement";
/// The current format of the tables. A file with an unknown format was in most cases written by another version of the program.
const FORMAT_NOW: &[u8] = b"2";
/// The previous format of the tables, in which records have no checksums, and there is no table of versions.
const FORMAT_BEFORE: &[u8] = b"1";
const FILE: &str = "changes.redb";
/// The number of bytes of the file that redb keeps in memory.
const CACHE: usize = 4 * 1024 * 1024;
/// The file is compacted if it has more than this many bytes for each byte of the records, and [`SLACK`] bytes more. redb fills half to all of
/// a page, and extends a file by its own length.
const MOST_PER_BYTE: u64 = 3;
const SLACK: u64 = 4 * 1024 * 1024;

/// A data folder that only this process uses.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// The open file; `None` after a disk error, until the file can be opened again. redb accepts no further change after an error.
    database: Option<Database>,
    /// The highest number of a transaction that was read or begun.
    sequence: u64,
    /// The records of the file and the number of their bytes, from the start until the first write. `None` if they have to be read again.
    known: Option<(Records, u64)>,
}

/// A data folder that was opened, and the content that was read from it.
pub(crate) struct Opened {
    pub(crate) folder: DataFolder,
    pub(crate) records: Records,
}

impl DataFolder {
    /// Opens a folder and reads its content. The folder is created if it does not exist. Fails and writes nothing if the file or one of its
    /// records is damaged.
    pub(crate) fn open(folder: &Path) -> Result<Opened, DataFolderError> {
        let file = LockedFile::open(folder)?;
        let contents = repair::check(&file)?;
        let contents = contents.map_err(|damage| file.damaged(damage.to_string()))?;
        take(file, contents)
    }

    /// Opens a folder like [`Self::open`], but replaces the content of a damaged file by all records that can be read. [`Repaired`] is
    /// `None` if nothing was damaged.
    pub(crate) fn repair(folder: &Path) -> Result<(Opened, Option<Repaired>), DataFolderError> {
        let file = LockedFile::open(folder)?;
        match repair::check(&file)? {
            Ok(contents) => Ok((take(file, contents)?, None)),
            Err(damage) => damage.repair(file).map(|(opened, repaired)| (opened, Some(repaired))),
        }
    }

    /// Writes a transaction and waits until it is on disk. After an error the file is opened anew, so that changes succeed again once a
    /// full disk has room.
    fn write<T>(
        &mut self,
        change: impl FnOnce(&WriteTransaction, u64) -> Result<(End, T), ChangeStoreError>,
    ) -> Result<T, ChangeStoreError> {
        let sequence = self.sequence.saturating_add(1);
        self.sequence = sequence;
        self.known = None;
        self.with_database(|database| {
            let transaction = database.begin_write().map_err(failed)?;
            let (end, result) = change(&transaction, sequence)?;
            match end {
                End::Commit => transaction.commit().map_err(failed)?,
                End::Abort => transaction.abort().map_err(failed)?,
            }
            Ok(result)
        })
    }

    /// Calls a function with the open database. After an error the file is opened anew, since redb accepts no further change then.
    fn with_database<T>(
        &mut self,
        call: impl FnOnce(&mut Database) -> Result<T, ChangeStoreError>,
    ) -> Result<T, ChangeStoreError> {
        let mut database = match self.database.take() {
            Some(database) => database,
            None => self.reopen()?,
        };
        let result = guarded(|| call(&mut database));
        if result.is_ok() {
            self.database = Some(database);
        } else {
            // The file stays locked until the database is dropped, so the database is dropped first.
            let _ = guarded(|| {
                drop(database);
                Ok(())
            });
            self.database = self.reopen().ok();
        }
        result
    }

    /// Returns the records of the file and the number of their bytes; `None` if a record is damaged or has the previous format.
    fn read_again(&mut self) -> Result<Option<(Records, u64)>, ChangeStoreError> {
        let contents = self.with_database(|database| read(database)?)?;
        let known = contents.is_exact();
        Ok(known.then_some((contents.records, contents.bytes)))
    }

    fn reopen(&self) -> Result<Database, ChangeStoreError> {
        guarded(|| builder().create(&self.path).map_err(failed))
    }

    /// Returns true if the file has more than this many bytes.
    fn is_above(&self, most: u64) -> bool {
        fs::metadata(&self.path).is_ok_and(|file| file.len() > most)
    }

    /// Makes a file smaller that is too large for these records. A failure is only logged.
    fn compact(&mut self, records: &Records, bytes: u64) {
        if !self.is_above(most(records, bytes)) {
            return;
        }
        if let Err(why) = self.with_database(|database| database.compact().map_err(failed)) {
            tracing::warn!(%why, "the file of the data folder could not be made smaller");
        }
    }
}

/// Returns the largest length of a file with these records, of which there are `bytes`.
fn most(records: &Records, bytes: u64) -> u64 {
    let of_all = bytes.saturating_mul(MOST_PER_BYTE) + SLACK;
    // A replacement is one row. redb gives it pages of a power of two, each at a multiple of its size.
    match records.replacement.is_some() && bytes > SLACK {
        true => of_all.max(bytes.next_power_of_two().saturating_mul(4) + SLACK),
        false => of_all,
    }
}

/// The end of a transaction in which nothing failed.
enum End {
    Commit,
    /// There is nothing to write.
    Abort,
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        let database = self.database.take();
        let _ = guarded(|| {
            drop(database);
            Ok(())
        });
    }
}

/// The reason why a file cannot be opened as a database, or lacks a table that cannot be created.
#[derive(Debug)]
enum Fault {
    /// The file cannot be read or written.
    Io(io::Error),
    Damaged(String),
}

impl Fault {
    fn of(why: impl Into<redb::Error>) -> Self {
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

/// Opens the file itself, and returns it with these contents. The caller has tried the file, or has emptied the file for a repair.
fn take<B: StorageBackend>(
    file: LockedFile<B>,
    contents: Contents,
) -> Result<Opened, DataFolderError> {
    let known = contents.is_exact().then(|| (contents.records.clone(), contents.bytes));
    let Contents { records, sequence, .. } = contents;
    let LockedFile { folder, path, backend } = file;
    let database = guarded(|| Ok(create(SharedBackend(backend))));
    let database = database.map_err(|why| DataFolderError::Damaged(path.clone(), why.0))?;
    let database = database.map_err(|why| match why {
        Fault::Io(why) => DataFolderError::Folder(folder, why),
        Fault::Damaged(why) => DataFolderError::Damaged(path.clone(), why),
    })?;
    Ok(Opened { folder: DataFolder { path, database: Some(database), sequence, known }, records })
}

/// Opens a file as a database and creates the tables that the file lacks.
fn create(backend: impl StorageBackend) -> Result<Database, Fault> {
    let database = builder().create_with_backend(backend).map_err(Fault::of)?;
    begin(&database)?;
    Ok(database)
}

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder
}

/// Creates the tables of a new file, and writes the current format of the tables into it. Writes nothing to a file that has a format.
fn begin(database: &Database) -> Result<(), Fault> {
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

impl ChangeStore for DataFolder {
    fn commit(
        &mut self,
        revision: u64,
        highest: i64,
        changes: &[Record],
    ) -> Result<(), ChangeStoreError> {
        self.write(|transaction, sequence| {
            let versions: Vec<ServedVersion> = changes.iter().map(ServedVersion::of).collect();
            insert_rows(transaction, sequence, changes)?;
            insert_rows(transaction, sequence, &versions)?;
            insert_fact(transaction, sequence, REVISION, &revision)?;
            insert_fact(transaction, sequence, HIGHEST, &highest)?;
            Ok((End::Commit, ()))
        })
    }

    fn rewrite(&mut self, records: &Records) -> Result<(), ChangeStoreError> {
        let known = match self.known.take() {
            Some(known) => Some(known),
            None => self.read_again()?,
        };
        // Compaction does not change the size of a page that once held a large record. It leaves other files slightly above the limit at most.
        let known = known.filter(|(known, bytes)| !self.is_above(2 * most(known, *bytes)));
        let bytes = self.write(|transaction, sequence| {
            let (known, bytes) = match known {
                Some(known) => known,
                None => {
                    empty(transaction)?;
                    Default::default()
                }
            };
            let mut difference = Difference::new(transaction, sequence, bytes);
            let (before, after) = (known.replacement.as_ref(), records.replacement.as_ref());
            // A replacement is removed before and inserted after all other facts, because redb copies the page of a row with its other rows,
            // and a page keeps its size.
            let is_other = before != after;
            difference.fact(
                REPLACEMENT,
                before.filter(|_| is_other),
                None,
                StoredReplacement::of,
            )?;
            difference.rows(&known.changes, &records.changes)?;
            difference.rows(&known.versions, &records.versions)?;
            difference
                .fact(REVISION, Some(&known.revision), Some(&records.revision), |fact| *fact)?;
            difference.fact(HIGHEST, Some(&known.highest), Some(&records.highest), |fact| *fact)?;
            let forgotten = (Some(&known.forgotten), Some(&records.forgotten));
            difference.fact(FORGOTTEN, forgotten.0, forgotten.1, |fact| *fact)?;
            difference.fact(BASE, known.base.as_ref(), records.base.as_ref(), StoredBase::of)?;
            difference.format(FORMAT_NOW)?;
            difference.fact(
                REPLACEMENT,
                None,
                after.filter(|_| is_other),
                StoredReplacement::of,
            )?;
            let end = if difference.is_any { End::Commit } else { End::Abort };
            Ok((end, difference.bytes))
        })?;
        self.compact(records, bytes);
        Ok(())
    }
}

/// Removes all rows of all tables.
fn empty(transaction: &WriteTransaction) -> Result<(), ChangeStoreError> {
    for table in [CHANGES, VERSIONS] {
        transaction.delete_table(table).map_err(failed)?;
        transaction.open_table(table).map_err(failed)?;
    }
    transaction.delete_table(META).map(drop).map_err(failed)
}

fn insert_rows<R: Row>(
    transaction: &WriteTransaction,
    sequence: u64,
    rows: &[R],
) -> Result<(), ChangeStoreError> {
    let mut table = transaction.open_table(R::TABLE).map_err(failed)?;
    rows.iter().try_for_each(|row| insert(&mut table, sequence, row).map(drop))
}

/// Writes a fact, such as the revision, into its row of the table of facts.
fn insert_fact(
    transaction: &WriteTransaction,
    sequence: u64,
    name: &str,
    fact: &impl serde::Serialize,
) -> Result<(), ChangeStoreError> {
    let mut meta = transaction.open_table(META).map_err(failed)?;
    let row = write_row(sequence, FACT, (name, ""), fact)?;
    meta.insert(name, row.as_slice()).map_err(failed)?;
    Ok(())
}

fn failed(why: impl fmt::Display) -> ChangeStoreError {
    ChangeStoreError(why.to_string())
}

#[cfg(test)]
mod tests;
