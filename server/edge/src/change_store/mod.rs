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
mod tables;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redb::{Database, StorageBackend, WriteTransaction};

use crate::state_store::{
    ChangeStore, ChangeStoreError, Commit, NotCommitted, Record, Records, ServedVersion, StateStore,
};
use difference::{Difference, insert};
pub use error::DataFolderError;
use file::{LockedFile, SharedBackend};
pub use guarded::DATA_THREAD;
use guarded::guarded;
use read::{Contents, read};
pub(crate) use repair::Repaired;
use stored::{Row, StoredBase, StoredReplacement, write_row};
pub use tables::DATA_FORMAT;
use tables::{
    BASE, FACT, FORGOTTEN, FORMAT_NOW, Fault, HIGHEST, META, REPLACEMENT, REVISION, builder,
    create, empty, failed,
};

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
            Err(damage) => {
                let emptied = damage.empty(file)?;
                let folder = emptied.file.folder.clone();
                let mut opened = take(emptied.file, emptied.contents)?;
                let written = opened.folder.replace(&emptied.records);
                written.map_err(|why| DataFolderError::Folder(folder, io::Error::other(why)))?;
                opened.records = emptied.records;
                Ok((opened, Some(emptied.repaired)))
            }
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

impl ChangeStore for DataFolder {
    fn commit(&mut self, commit: &Commit<'_>) -> Result<(), NotCommitted> {
        let (revision, highest) = (commit.store.state().revision, commit.store.highest());
        Ok(self.add(revision, highest, &commit.records())?)
    }

    fn rewrite(&mut self, store: &StateStore) -> Result<(), NotCommitted> {
        Ok(self.replace(&store.records())?)
    }
}

impl DataFolder {
    /// Adds or replaces either all or none of these records. `revision` is the state's revision after the changes, and `highest` is the
    /// highest version that was served.
    fn add(
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

    /// Replaces the whole content of the file with these records.
    fn replace(&mut self, records: &Records) -> Result<(), ChangeStoreError> {
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

#[cfg(test)]
mod tests;
