//! Repairs a damaged data file, so that it contains all records that can be read.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

use redb::StorageBackend;

use super::read::{Contents, named};
use super::stored::{Found, found};
use super::{DataFolderError, FACT, LockedFile, Opened, frame};
use crate::state_store::{ChangeStore, Record, Records, ServedVersion};

/// The outcome of a repair, for the log and for readiness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repaired {
    /// The path of the copy of the damaged file.
    pub(crate) copy: PathBuf,
    /// The number of feature changes that were kept.
    pub(crate) changes: usize,
    /// The descriptions of records that are known to be lost.
    pub(crate) lost: Vec<String>,
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
            let named: Vec<&str> = self.lost.iter().take(NAMED).map(String::as_str).collect();
            write!(f, "; lost records: {}", named.join(", "))?;
        }
        match self.lost.len().checked_sub(NAMED) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

/// Searches the bytes of a file for records, and replaces the content of the file by these records. A copy of the old file is kept.
pub(super) fn repair(file: LockedFile) -> Result<(Opened, Repaired), DataFolderError> {
    let copy = file.copy()?;
    let (contents, lost, broken) = salvage(&file.bytes);
    file.backend.set_len(0).map_err(|why| file.unusable(why))?;
    let records = contents.records.clone();
    let folder = file.folder.clone();
    let mut opened = file.take(Contents { damaged: Vec::new(), ..contents })?;
    let written = opened.folder.rewrite(&records);
    written.map_err(|why| DataFolderError::Folder(folder, io::Error::other(why)))?;
    let changes = records.changes.len();
    Ok((opened, Repaired { copy, changes, lost, broken }))
}

/// Returns the records found anywhere in these bytes, the descriptions of lost records, and the number of incomplete records. If a record
/// is found several times, the one of the latest transaction counts.
fn salvage(bytes: &[u8]) -> (Contents, Vec<String>, usize) {
    let (payloads, broken) = frame::search(bytes);
    let mut latest: BTreeMap<(String, String, String), Found<'_>> = BTreeMap::new();
    for record in payloads.into_iter().filter_map(found) {
        let (environment, feature) = &record.place;
        let place = (record.table.to_string(), environment.to_string(), feature.to_string());
        let is_later = latest.get(&place).is_none_or(|known| known.sequence < record.sequence);
        if is_later {
            latest.insert(place, record);
        }
    }
    let mut contents = Contents::default();
    let mut lost = Vec::new();
    for ((table, environment, feature), record) in &latest {
        contents.sequence = contents.sequence.max(record.sequence);
        let is_read = match table.as_str() {
            // The place of a fact is its name.
            FACT => contents.take_fact(environment, record.content),
            _ => contents.take_row(table, (environment, feature), record.content),
        };
        if !is_read {
            lost.push(named(table, (environment, feature)));
        }
    }
    lost.extend(settle(&mut contents.records));
    contents.raise();
    (contents, lost, broken)
}

/// Removes changes that a later state file has overridden. Returns the descriptions of changes of which only the version could be read.
fn settle(records: &mut Records) -> Vec<String> {
    let Records { changes, versions, .. } = records;
    let version_of = |change: &Record| {
        let is_its = |version: &&ServedVersion| {
            version.environment == change.environment && version.feature == change.id
        };
        versions.iter().find(is_its)
    };
    changes.retain(|change| version_of(change).is_none_or(|version| version.is_changed));
    let is_lost = |version: &&ServedVersion| {
        let is_its = |change: &Record| {
            version.environment == change.environment && version.feature == change.id
        };
        version.is_changed && !changes.iter().any(is_its)
    };
    let lost = versions.iter().filter(is_lost);
    lost.map(|ServedVersion { environment, feature, .. }| {
        format!("the change of the feature with id {feature} in environment {environment}")
    })
    .collect()
}
