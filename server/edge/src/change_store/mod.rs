//! The data folder, which stores changes on disk (D-94). Acknowledged changes survive if the process is killed, because redb commits them
//! in transactions (ADR 0013). Each record of the current format has a checksum, and a damaged file can be repaired (ADR 0026).

mod frame;
mod guarded;
mod lock;
mod read;
mod repair;
mod stored;

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use redb::backends::FileBackend;
use redb::{Database, ReadableTable, StorageBackend, TableDefinition, WriteTransaction};

use crate::state_store::{ChangeStore, ChangeStoreError, Record, Records, ServedVersion};
pub use guarded::DATA_THREAD;
use guarded::{guarded, in_memory};
use read::{Contents, read};
pub(crate) use repair::Repaired;
use stored::{StoredBase, StoredChange, StoredReplacement, StoredVersion, write_row};

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

/// The reason why a data folder cannot be used. The first field is the path of the folder or file. The second field, if there is one, is
/// the error or a description of the reason.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataFolderError {
    /// The folder cannot be created, its file cannot be read or written, for example because the disk is full, or the thread that checks
    /// the file cannot be started. The file need not be damaged.
    Folder(PathBuf, io::Error),
    /// Another process, or another Edge in this process, uses the folder.
    InUse(PathBuf),
    /// The file in the folder cannot be used, in most cases because another version of this program wrote it.
    Unreadable(PathBuf, String),
    /// The file in the folder is damaged, or is no database.
    Damaged(PathBuf, String),
}

impl fmt::Display for DataFolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path, why) => {
                write!(f, "the data folder {} cannot be used: {why}", path.display())
            }
            Self::InUse(path) => {
                write!(
                    f,
                    "the data folder {} cannot be used: another Edge uses it, in this process or in another process",
                    path.display()
                )
            }
            Self::Unreadable(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Damaged(path, why) => write!(
                f,
                "{}: the file is damaged: {why}; restore it from a copy, or start once with --data-repair, which keeps all readable \
                 records and lists the lost ones",
                path.display()
            ),
        }
    }
}

impl std::error::Error for DataFolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder(_, why) => Some(why),
            Self::InUse(_) | Self::Unreadable(..) | Self::Damaged(..) => None,
        }
    }
}

/// A data folder that only this process uses.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// The open file; `None` after a disk error, until the file can be opened again. redb accepts no further change after an error.
    database: Option<Database>,
    /// The highest number of a transaction that was read or begun.
    sequence: u64,
}

/// A data folder that was opened, and the content that was read from it.
pub(crate) struct Opened {
    pub(crate) folder: DataFolder,
    pub(crate) records: Records,
    /// The descriptions of damaged records.
    pub(crate) damaged: Vec<String>,
    /// The path of a copy of the file, which is made if records in the file are damaged; else `None`.
    pub(crate) copy: Option<PathBuf>,
}

impl DataFolder {
    /// Opens a folder and reads its content. The folder is created if it does not exist. Nothing is written to a file whose structure is
    /// damaged. If only records are damaged, the file is copied before anything is written to it.
    pub(crate) fn open(folder: &Path) -> Result<Opened, DataFolderError> {
        let file = LockedFile::open(folder)?;
        let contents = in_memory(&file.bytes, read).map_err(|why| file.unusable(why))?;
        let contents = contents.map_err(|why| file.damaged(why))?;
        let contents = contents.map_err(|why| file.unreadable(why))?;
        file.take(contents)
    }

    /// Opens a folder like [`Self::open`], but replaces the content of a file whose structure is damaged by all records that can be read.
    /// [`Repaired`] is `None` if the structure of the file was not damaged.
    pub(crate) fn repair(folder: &Path) -> Result<(Opened, Option<Repaired>), DataFolderError> {
        let file = LockedFile::open(folder)?;
        match in_memory(&file.bytes, read).map_err(|why| file.unusable(why))? {
            Ok(Ok(contents)) => Ok((file.take(contents)?, None)),
            Ok(Err(why)) => Err(file.unreadable(why)),
            Err(_) => repair::repair(file).map(|(opened, repaired)| (opened, Some(repaired))),
        }
    }

    /// Writes a transaction and waits until it is on disk. After an error the file is opened anew, so that changes succeed again once a
    /// full disk has room.
    fn write(
        &mut self,
        change: impl FnOnce(&WriteTransaction, u64) -> Result<(), ChangeStoreError>,
    ) -> Result<(), ChangeStoreError> {
        let database = match self.database.take() {
            Some(database) => database,
            None => self.reopen()?,
        };
        let sequence = self.sequence.saturating_add(1);
        let written = guarded(|| {
            let transaction = database.begin_write().map_err(failed)?;
            change(&transaction, sequence)?;
            transaction.commit().map_err(failed)
        });
        self.sequence = sequence;
        if written.is_ok() {
            self.database = Some(database);
        } else {
            // The file stays locked until the database is dropped, so the database is dropped first.
            let _ = guarded(|| {
                drop(database);
                Ok(())
            });
            self.database = self.reopen().ok();
        }
        written
    }

    fn reopen(&self) -> Result<Database, ChangeStoreError> {
        guarded(|| Database::create(&self.path).map_err(failed))
    }
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

/// The locked file of a data folder, and the bytes that were read from it.
struct LockedFile<B = FileBackend> {
    folder: PathBuf,
    path: PathBuf,
    backend: B,
    bytes: Vec<u8>,
}

impl LockedFile {
    fn open(folder: &Path) -> Result<Self, DataFolderError> {
        let io = |why| DataFolderError::Folder(folder.to_path_buf(), why);
        make(folder).map_err(io)?;
        let path = folder.join(FILE);
        let backend = lock::lock(folder, &path)?;
        close_to_others(&path).map_err(io)?;
        let length = backend.len().map_err(io)?;
        let length = usize::try_from(length).map_err(|_| io(io::ErrorKind::FileTooLarge.into()))?;
        let bytes = backend.read(0, length).map_err(io)?;
        Ok(Self { folder: folder.to_path_buf(), path, backend, bytes })
    }
}

impl<B: StorageBackend> LockedFile<B> {
    fn unusable(&self, why: io::Error) -> DataFolderError {
        DataFolderError::Folder(self.folder.clone(), why)
    }

    fn damaged(&self, why: ChangeStoreError) -> DataFolderError {
        DataFolderError::Damaged(self.path.clone(), why.0)
    }

    fn unreadable(&self, why: ChangeStoreError) -> DataFolderError {
        DataFolderError::Unreadable(self.path.clone(), why.0)
    }

    /// Opens the file itself, and returns it with these contents. The caller has opened a copy in memory successfully, or has emptied the
    /// file for a repair. If the contents name damaged records, first copies the file into the folder.
    fn take(self, contents: Contents) -> Result<Opened, DataFolderError> {
        let Contents { records, damaged, sequence } = contents;
        let copy = if damaged.is_empty() { None } else { Some(self.copy()?) };
        let Self { folder, path, backend, .. } = self;
        let database = guarded(|| Ok(create(backend)));
        let database = database.map_err(|why| DataFolderError::Damaged(path.clone(), why.0))?;
        let database = database.map_err(|why| match why {
            Fault::Io(why) => DataFolderError::Folder(folder, why),
            Fault::Damaged(why) => DataFolderError::Damaged(path.clone(), why),
        })?;
        let folder = DataFolder { path, database: Some(database), sequence };
        Ok(Opened { folder, records, damaged, copy })
    }

    /// Writes a copy of the file's bytes into the folder of the file, and returns the copy's path.
    fn copy(&self) -> Result<PathBuf, DataFolderError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let copy = self.folder.join(format!("changes-damaged-{}.redb", now.as_millis()));
        let written = fs::write(&copy, &self.bytes).and_then(|()| close_to_others(&copy));
        written.map_err(|why| DataFolderError::Folder(self.folder.clone(), why))?;
        Ok(copy)
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

/// Opens a file as a database and creates the tables that the file lacks.
fn create(backend: impl StorageBackend) -> Result<Database, Fault> {
    let database = Database::builder().create_with_backend(backend).map_err(Fault::of)?;
    begin(&database)?;
    Ok(database)
}

/// Creates the tables that a file lacks. If the file contains no format yet, writes the current format of the tables.
fn begin(database: &Database) -> Result<(), Fault> {
    let transaction = database.begin_write().map_err(Fault::of)?;
    {
        transaction.open_table(CHANGES).map_err(Fault::of)?;
        transaction.open_table(VERSIONS).map_err(Fault::of)?;
        let mut meta = transaction.open_table(META).map_err(Fault::of)?;
        if meta.get(FORMAT).map_err(Fault::of)?.is_none() {
            meta.insert(FORMAT, FORMAT_NOW).map_err(Fault::of)?;
        }
    }
    transaction.commit().map_err(Fault::of)
}

impl ChangeStore for DataFolder {
    fn commit(
        &mut self,
        revision: u64,
        highest: i64,
        changes: &[Record],
    ) -> Result<(), ChangeStoreError> {
        self.write(|transaction, sequence| {
            insert_changes(transaction, sequence, changes)?;
            let versions: Vec<ServedVersion> = changes.iter().map(ServedVersion::of).collect();
            insert_versions(transaction, sequence, &versions)?;
            insert_fact(transaction, sequence, REVISION, Some(&revision))?;
            insert_fact(transaction, sequence, HIGHEST, Some(&highest))
        })
    }

    fn rewrite(&mut self, records: &Records) -> Result<(), ChangeStoreError> {
        self.write(|transaction, sequence| {
            empty(transaction)?;
            insert_changes(transaction, sequence, &records.changes)?;
            insert_versions(transaction, sequence, &records.versions)?;
            insert_fact(transaction, sequence, REVISION, Some(&records.revision))?;
            insert_fact(transaction, sequence, HIGHEST, Some(&records.highest))?;
            insert_fact(transaction, sequence, FORGOTTEN, Some(&records.forgotten))?;
            let base = records.base.as_ref().map(StoredBase::of);
            insert_fact(transaction, sequence, BASE, base.as_ref())?;
            let replacement = records.replacement.as_ref();
            let replacement = replacement.map(|(base, state)| StoredReplacement::of(base, state));
            insert_fact(transaction, sequence, REPLACEMENT, replacement.as_ref())?;
            let mut meta = transaction.open_table(META).map_err(failed)?;
            meta.insert(FORMAT, FORMAT_NOW).map_err(failed)?;
            Ok(())
        })
    }
}

/// Removes all rows of the tables of changes and of versions.
fn empty(transaction: &WriteTransaction) -> Result<(), ChangeStoreError> {
    for table in [CHANGES, VERSIONS] {
        let mut table = transaction.open_table(table).map_err(failed)?;
        table.retain(|_, _| false).map_err(failed)?;
    }
    Ok(())
}

fn insert_changes(
    transaction: &WriteTransaction,
    sequence: u64,
    changes: &[Record],
) -> Result<(), ChangeStoreError> {
    let mut table = transaction.open_table(CHANGES).map_err(failed)?;
    for change in changes {
        let environment = change.environment.to_string();
        let place = (environment.as_str(), &*change.feature);
        let row = write_row(sequence, CHANGE, place, &StoredChange::of(change))?;
        table.insert(place, row.as_slice()).map_err(failed)?;
    }
    Ok(())
}

fn insert_versions(
    transaction: &WriteTransaction,
    sequence: u64,
    versions: &[ServedVersion],
) -> Result<(), ChangeStoreError> {
    let mut table = transaction.open_table(VERSIONS).map_err(failed)?;
    for version in versions {
        let (environment, feature) = (version.environment.to_string(), version.feature.to_string());
        let place = (environment.as_str(), feature.as_str());
        let row = write_row(sequence, VERSION, place, &StoredVersion::of(version))?;
        table.insert(place, row.as_slice()).map_err(failed)?;
    }
    Ok(())
}

/// Writes a fact, such as the revision, into its row of the table of facts. `None` removes the row.
fn insert_fact<T: serde::Serialize>(
    transaction: &WriteTransaction,
    sequence: u64,
    name: &str,
    fact: Option<&T>,
) -> Result<(), ChangeStoreError> {
    let mut meta = transaction.open_table(META).map_err(failed)?;
    match fact {
        Some(fact) => {
            let row = write_row(sequence, FACT, (name, ""), fact)?;
            meta.insert(name, row.as_slice()).map_err(failed)?;
        }
        None => drop(meta.remove(name).map_err(failed)?),
    }
    Ok(())
}

/// Creates a folder that other users cannot read on Unix, because the file in it may contain API keys. Does nothing if the folder exists.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Makes a file unreadable for other users on Unix, because its folder may have existed before with wider permissions.
fn close_to_others(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn failed(why: impl fmt::Display) -> ChangeStoreError {
    ChangeStoreError(why.to_string())
}

#[cfg(test)]
mod tests;
