//! Changes on disk (D-94): what was acknowledged survives a kill, by way of redb's transactions (ADR 0013).

mod stored;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use redb::{Database, DatabaseError, ReadableTable, Table, TableDefinition, WriteTransaction};

use crate::world::{Journal, JournalError, Record, Records};
use stored::{StoredBase, StoredChange, StoredReplacement};

/// By environment and feature key.
const CHANGES: TableDefinition<'_, (&str, &str), &[u8]> = TableDefinition::new("changes");
const META: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("meta");
const FORMAT: &str = "format";
const REVISION: &str = "revision";
const HIGHEST: &str = "highest";
const BASE: &str = "base";
const REPLACEMENT: &str = "replacement";
/// What the tables hold; another number is another program's.
const FORMAT_NOW: &[u8] = b"1";
const FILE: &str = "changes.redb";

/// Why a data folder cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataFolderError {
    /// It cannot be made or written to.
    Folder(PathBuf, std::io::Error),
    /// Another process uses it.
    InUse(PathBuf),
    /// What is in it cannot be read.
    Unreadable(PathBuf, String),
}

impl fmt::Display for DataFolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path, why) => write!(f, "data folder {}: {why}", path.display()),
            Self::InUse(path) => {
                write!(f, "data folder {}: another process uses it", path.display())
            }
            Self::Unreadable(path, why) => write!(f, "{}: {why}", path.display()),
        }
    }
}

impl std::error::Error for DataFolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder(_, why) => Some(why),
            Self::InUse(_) | Self::Unreadable(..) => None,
        }
    }
}

/// A data folder that is in use, by this process alone.
pub(crate) struct DataFolder {
    path: PathBuf,
    /// `None` after the disk failed, until the file can be opened again: redb takes nothing more from then on.
    database: Option<Database>,
}

impl DataFolder {
    /// Opens a folder, which is made if it is not there, and reads what it holds.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Records), DataFolderError> {
        let io = |why| DataFolderError::Folder(folder.to_path_buf(), why);
        make(folder).map_err(io)?;
        let path = folder.join(FILE);
        let unreadable = |why: String| DataFolderError::Unreadable(path.clone(), why);
        let database = match Database::create(&path) {
            Ok(database) => database,
            Err(DatabaseError::DatabaseAlreadyOpen) => {
                return Err(DataFolderError::InUse(folder.to_path_buf()));
            }
            Err(DatabaseError::Storage(redb::StorageError::Io(why)))
                if why.kind() != std::io::ErrorKind::InvalidData =>
            {
                return Err(io(why));
            }
            Err(why) => return Err(unreadable(why.to_string())),
        };
        close_to_others(&path).map_err(io)?;
        begin(&database).map_err(|why| unreadable(why.0))?;
        let records = read(&database).map_err(|why| unreadable(why.0))?;
        Ok((Self { path, database: Some(database) }, records))
    }

    /// Writes, and waits until the disk has it. After a failure the file is opened anew, so that a disk which was full for a while
    /// does not end all changes.
    fn write(
        &mut self,
        change: impl FnOnce(&WriteTransaction) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        let database = match self.database.take() {
            Some(database) => database,
            None => Database::create(&self.path).map_err(failed)?,
        };
        let written = begin_write(&database).and_then(|transaction| {
            change(&transaction)?;
            transaction.commit().map_err(failed)
        });
        if written.is_ok() {
            self.database = Some(database);
        } else {
            // It holds the file as long as it lives.
            drop(database);
            self.database = Database::create(&self.path).ok();
        }
        written
    }
}

fn begin_write(database: &Database) -> Result<WriteTransaction, JournalError> {
    database.begin_write().map_err(failed)
}

/// Makes the tables, or sees that they are of this format.
fn begin(database: &Database) -> Result<(), JournalError> {
    let transaction = begin_write(database)?;
    {
        transaction.open_table(CHANGES).map_err(failed)?;
        let mut meta = transaction.open_table(META).map_err(failed)?;
        let found = meta.get(FORMAT).map_err(failed)?.map(|format| format.value().to_vec());
        match found {
            None => {
                meta.insert(FORMAT, FORMAT_NOW).map_err(failed)?;
            }
            Some(format) if format == FORMAT_NOW => {}
            Some(format) => {
                let format = String::from_utf8_lossy(&format).into_owned();
                return Err(JournalError(format!(
                    "written in format {format}, which this program does not know"
                )));
            }
        }
    }
    transaction.commit().map_err(failed)
}

fn read(database: &Database) -> Result<Records, JournalError> {
    let transaction = database.begin_read().map_err(failed)?;
    let meta = transaction.open_table(META).map_err(failed)?;
    let get = |name| {
        let value = meta.get(name).map_err(failed)?;
        Ok::<_, JournalError>(value.map(|value| value.value().to_vec()))
    };
    let mut records = Records::default();
    if let Some(revision) = get(REVISION)? {
        records.revision = from_json(REVISION, &revision)?;
    }
    if let Some(highest) = get(HIGHEST)? {
        records.highest = from_json(HIGHEST, &highest)?;
    }
    if let Some(base) = get(BASE)? {
        let stored: StoredBase = from_json(BASE, &base)?;
        records.base = Some(stored.into());
    }
    if let Some(replacement) = get(REPLACEMENT)? {
        let stored: StoredReplacement = from_json(REPLACEMENT, &replacement)?;
        records.replacement = Some(stored.into());
    }
    let changes = transaction.open_table(CHANGES).map_err(failed)?;
    for row in changes.iter().map_err(failed)? {
        let (place, change) = row.map_err(failed)?;
        let (environment, feature) = place.value();
        let stored: StoredChange = from_json(feature, change.value())?;
        let environment = environment
            .parse()
            .map_err(|why| JournalError(format!("`{environment}` is no environment: {why}")))?;
        records.changes.push(stored.into_record(environment, feature.into()));
    }
    Ok(records)
}

impl Journal for DataFolder {
    fn commit(
        &mut self,
        revision: u64,
        highest: i64,
        changes: &[Record],
    ) -> Result<(), JournalError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(CHANGES).map_err(failed)?;
            insert(&mut table, changes)?;
            let mut meta = transaction.open_table(META).map_err(failed)?;
            meta.insert(REVISION, to_json(&revision)?.as_slice()).map_err(failed)?;
            meta.insert(HIGHEST, to_json(&highest)?.as_slice()).map_err(failed)?;
            Ok(())
        })
    }

    fn rewrite(&mut self, records: &Records) -> Result<(), JournalError> {
        self.write(|transaction| {
            let mut table = transaction.open_table(CHANGES).map_err(failed)?;
            table.retain(|_, _| false).map_err(failed)?;
            insert(&mut table, &records.changes)?;
            let mut meta = transaction.open_table(META).map_err(failed)?;
            meta.insert(REVISION, to_json(&records.revision)?.as_slice()).map_err(failed)?;
            meta.insert(HIGHEST, to_json(&records.highest)?.as_slice()).map_err(failed)?;
            let base = records.base.as_ref().map(|base| to_json(&StoredBase::of(base)));
            let replacement = records.replacement.as_ref();
            let replacement =
                replacement.map(|(base, state)| to_json(&StoredReplacement::of(base, state)));
            for (name, json) in [(BASE, base), (REPLACEMENT, replacement)] {
                match json {
                    Some(json) => drop(meta.insert(name, json?.as_slice()).map_err(failed)?),
                    None => drop(meta.remove(name).map_err(failed)?),
                }
            }
            Ok(())
        })
    }
}

fn insert(
    table: &mut Table<'_, (&'static str, &'static str), &'static [u8]>,
    changes: &[Record],
) -> Result<(), JournalError> {
    for change in changes {
        let json = to_json(&StoredChange::of(change))?;
        let environment = change.environment.to_string();
        let place = (environment.as_str(), &*change.feature);
        table.insert(place, json.as_slice()).map_err(failed)?;
    }
    Ok(())
}

/// Makes a folder that nobody else reads: what is in it may hold keys.
fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Nobody else reads the file, whoever may look into a folder that was there before.
fn close_to_others(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn failed(why: impl fmt::Display) -> JournalError {
    JournalError(why.to_string())
}

fn to_json(value: &impl serde::Serialize) -> Result<Vec<u8>, JournalError> {
    serde_json::to_vec(value).map_err(failed)
}

fn from_json<T: serde::de::DeserializeOwned>(what: &str, json: &[u8]) -> Result<T, JournalError> {
    serde_json::from_slice(json).map_err(|why| JournalError(format!("entry `{what}`: {why}")))
}

#[cfg(test)]
mod tests;
