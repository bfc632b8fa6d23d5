//! Finds the damage of a data file, and repairs the file, so that it contains all records that can be read.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::io;
use std::path::PathBuf;

use redb::StorageBackend;

use super::file::LockedFile;
use super::guarded::try_out;
use super::lost::{Lost, Totals};
use super::read::{Contents, read};
use super::stored::found;
use super::tables::FACT;
use super::{DataFolderError, frame};
use crate::state_store::Records;

/// The outcome of a repair, for the log and for readiness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repaired {
    /// The path of the copy of the damaged file.
    pub(crate) copy: PathBuf,
    /// The number of feature changes that were kept.
    pub(crate) changes: usize,
    /// The records that are known to be lost.
    pub(crate) lost: Vec<Lost>,
    /// The number of incomplete records. Each is a part of a lost record, or the remains of an old one.
    pub(crate) broken: usize,
}

impl fmt::Display for Repaired {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMED: usize = 100;
        write!(
            f,
            "the data folder was repaired: {} changes of features are kept; the damaged file is {}",
            self.changes,
            self.copy.display()
        )?;
        if self.broken > 0 {
            write!(f, "; {} records are incomplete", self.broken)?;
        }
        if !self.lost.is_empty() {
            let named: Vec<String> = self.lost.iter().take(NAMED).map(Lost::to_string).collect();
            write!(f, "; lost records: {}", named.join(", "))?;
        }
        match self.lost.len().checked_sub(NAMED) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

/// The damage of a file, and the records that can still be read.
pub(super) struct Damage {
    /// A description of the damage of the file's structure; `None` if only records are damaged.
    structure: Option<String>,
    readable: Contents,
    /// The number of incomplete records outside of the file's structure.
    broken: usize,
}

/// Reads a file without changing it. The inner error means that the file's structure or a record is damaged.
pub(super) fn check<B: StorageBackend>(
    file: &LockedFile<B>,
) -> Result<Result<Contents, Damage>, DataFolderError> {
    match try_out(&file.backend, read).map_err(|why| file.unusable(why))? {
        Ok(Err(why)) => Err(file.unreadable(why)),
        Ok(Ok(contents)) if contents.damaged.is_empty() => Ok(Ok(contents)),
        Ok(Ok(readable)) => Ok(Err(Damage { structure: None, readable, broken: 0 })),
        Err(why) => {
            let (readable, broken) = salvage(&*file.backend).map_err(|why| file.unusable(why))?;
            Ok(Err(Damage { structure: Some(why.0), readable, broken }))
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Contents { records, damaged, .. } = &self.readable;
        if let Some(why) = &self.structure {
            write!(f, "{why}; ")?;
        }
        write!(
            f,
            "the readable records are changes of features ({}) and their versions ({}), and --data-repair would lose ",
            records.changes.len(),
            records.versions.len()
        )?;
        match (damaged.is_empty(), self.broken) {
            (false, _) => write!(f, "{}", Totals(damaged)),
            (true, 0) => f.write_str("no record"),
            (true, _) => f.write_str("no record of which the key is known"),
        }
    }
}

/// A damaged file that was emptied.
pub(super) struct Emptied {
    pub(super) file: LockedFile,
    /// The content of the empty file.
    pub(super) contents: Contents,
    /// The records that could be read.
    pub(super) records: Records,
    pub(super) repaired: Repaired,
}

impl Damage {
    /// Empties the file, into which the caller then writes the readable records. A copy of the old file is kept.
    pub(super) fn empty(self, file: LockedFile) -> Result<Emptied, DataFolderError> {
        let Self { readable: Contents { records, damaged: lost, sequence, .. }, broken, .. } = self;
        let copy = file.copy()?;
        file.backend.set_len(0).map_err(|why| file.unusable(why))?;
        let contents = Contents { sequence, ..Contents::default() };
        let repaired = Repaired { copy, changes: records.changes.len(), lost, broken };
        Ok(Emptied { file, contents, records, repaired })
    }
}

/// Returns the records found anywhere in a file, with the lost records, and the number of incomplete records. If a record is found several
/// times, the one of the latest transaction counts.
fn salvage(file: &impl StorageBackend) -> io::Result<(Contents, usize)> {
    // The transaction, the position and the length of each record, by the name of its table and its key.
    let mut latest: BTreeMap<(String, String, String), (u64, u64, usize)> = BTreeMap::new();
    let broken = frame::search(file, |at, len, payload| {
        let Some(record) = found(payload) else { return };
        let (environment, feature) = &record.place;
        let place = (record.table.to_string(), environment.to_string(), feature.to_string());
        let is_later = latest.get(&place).is_none_or(|known| known.0 < record.sequence);
        if is_later {
            latest.insert(place, (record.sequence, at, len));
        }
    })?;
    let mut contents = Contents::default();
    for ((table, environment, feature), (sequence, at, len)) in &latest {
        contents.sequence = contents.sequence.max(*sequence);
        let record = file.read(*at, *len)?;
        let record = frame::unseal(&record).and_then(found);
        let is_read = record.is_some_and(|record| match table.as_str() {
            // The place of a fact is its name.
            FACT => contents.take_fact(environment, record.content),
            _ => contents.take_row(table, (environment, feature), record.content),
        });
        if !is_read {
            contents.damaged.push(Lost::new(table, (environment, feature)));
        }
    }
    let lost = settle(&mut contents.records);
    contents.damaged.extend(lost);
    contents.raise();
    Ok((contents, broken))
}

/// Removes changes that a later state file has overridden. Returns the changes of which only the version could be read.
fn settle(records: &mut Records) -> Vec<Lost> {
    let Records { changes, versions, .. } = records;
    let overridden = versions.iter().filter(|version| !version.is_changed);
    let overridden: HashSet<_> =
        overridden.map(|version| (version.environment, version.feature)).collect();
    changes.retain(|change| !overridden.contains(&(change.environment, change.id)));
    let known: HashSet<_> = changes.iter().map(|change| (change.environment, change.id)).collect();
    let changed = versions.iter().filter(|version| version.is_changed);
    let changed = changed.map(|version| (version.environment, version.feature));
    let lost = changed.filter(|id| !known.contains(id));
    lost.map(|(environment, feature)| Lost::ChangeOf(environment, feature)).collect()
}
