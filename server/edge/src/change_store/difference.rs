//! Brings the tables of a file up to date. Only rows that differ are written, because a start and an edit of the state file change few rows,
//! and redb copies each page that it writes.

use std::cmp::Ordering;

use redb::{ReadableTable, Table, WriteTransaction};
use serde::Serialize;

use super::stored::{IdText, Row, content_of, write_row};
use super::{FACT, META, failed};
use crate::state_store::ChangeStoreError;

/// Of this many rows in ascending order, [`EARLY`] are inserted first and the others between them.
const ROUND: usize = 5;
/// redb splits a full leaf in the middle, so rows that are inserted in ascending order would leave all leaves half empty. Two fifths of the
/// rows are inserted afterwards, and fill these leaves.
const EARLY: usize = 3;

const NO_ID: IdText = [0; 36];

/// The tables that a transaction brings up to date.
pub(super) struct Difference<'a> {
    transaction: &'a WriteTransaction,
    sequence: u64,
    /// The number of bytes of the keys and values that the tables hold afterwards.
    pub(super) bytes: u64,
    /// True if a row was written or removed.
    pub(super) is_any: bool,
}

impl<'a> Difference<'a> {
    pub(super) fn new(transaction: &'a WriteTransaction, sequence: u64) -> Self {
        Self { transaction, sequence, bytes: 0, is_any: false }
    }

    /// Brings a table up to date, so that it holds exactly these rows.
    pub(super) fn rows<R: Row>(&mut self, rows: &[R]) -> Result<(), ChangeStoreError> {
        let mut sorted: Vec<&R> = rows.iter().collect();
        sorted.sort_unstable_by(|one, other| {
            let by_environment = one.environment().cmp(&other.environment());
            by_environment.then_with(|| {
                let (mut of_one, mut of_other) = (NO_ID, NO_ID);
                one.feature(&mut of_one).cmp(other.feature(&mut of_other))
            })
        });
        let mut table = self.transaction.open_table(R::TABLE).map_err(failed)?;
        let (mut removed, mut missing) = (Vec::new(), Vec::new());
        let mut wanted = sorted.into_iter().peekable();
        for stored in table.iter().map_err(failed)? {
            let (place, bytes) = stored.map_err(failed)?;
            let (place, bytes) = (place.value(), bytes.value());
            while let Some(row) = wanted.next_if(|row| order(*row, place).is_lt()) {
                missing.push(row);
            }
            match wanted.next_if(|row| order(*row, place).is_eq()) {
                None => removed.push((place.0.to_owned(), place.1.to_owned())),
                Some(row) if is_equal(bytes, &row.stored())? => {
                    self.bytes += (place.0.len() + place.1.len() + bytes.len()) as u64;
                }
                Some(row) => missing.push(row),
            }
        }
        missing.extend(wanted);
        self.is_any |= !removed.is_empty() || !missing.is_empty();
        for (environment, feature) in &removed {
            table.remove((environment.as_str(), feature.as_str())).map_err(failed)?;
        }
        let early = |number: &usize| number % ROUND < EARLY;
        let numbers = (0..missing.len()).filter(early);
        let numbers = numbers.chain((0..missing.len()).filter(|number| !early(number)));
        for row in numbers.filter_map(|number| missing.get(number)) {
            self.bytes += insert(&mut table, self.sequence, *row)?;
        }
        Ok(())
    }

    /// Brings the row of a fact, such as the revision, up to date. `None` removes the row.
    pub(super) fn fact<T: Serialize>(
        &mut self,
        name: &str,
        fact: Option<&T>,
    ) -> Result<(), ChangeStoreError> {
        let mut meta = self.transaction.open_table(META).map_err(failed)?;
        let Some(fact) = fact else {
            self.is_any |= meta.remove(name).map_err(failed)?.is_some();
            return Ok(());
        };
        let is_stored = match meta.get(name).map_err(failed)? {
            Some(row) => is_equal(row.value(), fact)?,
            None => false,
        };
        let row = match is_stored {
            true => meta.get(name).map_err(failed)?.map_or(0, |row| row.value().len()),
            false => {
                let row = write_row(self.sequence, FACT, (name, ""), fact)?;
                meta.insert(name, row.as_slice()).map_err(failed)?;
                self.is_any = true;
                row.len()
            }
        };
        self.bytes += (name.len() + row) as u64;
        Ok(())
    }

    /// Brings the row of the format up to date.
    pub(super) fn format(&mut self, format: &[u8]) -> Result<(), ChangeStoreError> {
        let mut meta = self.transaction.open_table(META).map_err(failed)?;
        let before = meta.insert(super::FORMAT, format).map_err(failed)?;
        self.is_any |= before.is_none_or(|before| before.value() != format);
        Ok(())
    }
}

/// Inserts a row into its table, and returns the number of bytes of its key and value.
pub(super) fn insert<R: Row>(
    table: &mut Table<'_, (&'static str, &'static str), &'static [u8]>,
    sequence: u64,
    row: &R,
) -> Result<u64, ChangeStoreError> {
    let (mut environment, mut feature) = (NO_ID, NO_ID);
    let environment = row.environment().hyphenated().encode_lower(&mut environment) as &str;
    let place = (environment, row.feature(&mut feature));
    let row = write_row(sequence, R::NAME, place, &row.stored())?;
    table.insert(place, row.as_slice()).map_err(failed)?;
    Ok((place.0.len() + place.1.len() + row.len()) as u64)
}

/// Compares the key of a row with a key of its table.
fn order<R: Row>(row: &R, (environment, feature): (&str, &str)) -> Ordering {
    let (mut of_environment, mut of_feature) = (NO_ID, NO_ID);
    let of_environment = row.environment().hyphenated().encode_lower(&mut of_environment) as &str;
    of_environment.cmp(environment).then_with(|| row.feature(&mut of_feature).cmp(feature))
}

/// Returns true if these bytes are a row with this content.
fn is_equal(row: &[u8], content: &impl Serialize) -> Result<bool, ChangeStoreError> {
    let Some(stored) = content_of(row) else { return Ok(false) };
    Ok(serde_json::to_string(content).map_err(failed)? == stored)
}
