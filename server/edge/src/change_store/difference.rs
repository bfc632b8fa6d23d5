//! Brings the tables of a file up to date. Only rows that differ are written, because a start and an edit of the state file change few rows,
//! and redb copies each page that it writes.

use std::cmp::Ordering;

use redb::{ReadableTable, WriteTransaction};
use serde::Serialize;

use super::stored::{Row, write_row};
use super::tables::{FACT, FORMAT, META, OpenRows, failed};
use crate::state_store::ChangeStoreError;

/// Of this many rows in ascending order, [`EARLY`] are inserted first and the others between them.
const ROUND: usize = 5;
/// redb splits a full leaf in the middle, so rows that are inserted in ascending order would leave all leaves half empty. Two fifths of the
/// rows are inserted afterwards, and fill these leaves.
const EARLY: usize = 3;

/// The tables that a transaction brings up to date.
pub(super) struct Difference<'a> {
    transaction: &'a WriteTransaction,
    sequence: u64,
    /// The number of bytes of the keys and values that the tables hold.
    pub(super) bytes: u64,
    /// True if a row was written or removed.
    pub(super) is_any: bool,
}

impl<'a> Difference<'a> {
    /// Makes the difference from tables that hold this number of bytes.
    pub(super) fn new(transaction: &'a WriteTransaction, sequence: u64, bytes: u64) -> Self {
        Self { transaction, sequence, bytes, is_any: false }
    }

    /// Brings a table up to date. It holds the rows `known`, and then exactly the rows `wanted`.
    pub(super) fn rows<R: Row>(
        &mut self,
        known: &[R],
        wanted: &[R],
    ) -> Result<(), ChangeStoreError> {
        let (removed, missing) = compare(known, wanted);
        if removed.is_empty() && missing.is_empty() {
            return Ok(());
        }
        self.is_any = true;
        let mut table = self.transaction.open_table(R::TABLE).map_err(failed)?;
        for row in removed {
            let (environment, feature) = row.place();
            let place = (environment.as_str(), &*feature);
            let row = table.remove(place).map_err(failed)?.map(|row| row.value().len());
            self.bytes = self.bytes.saturating_sub(bytes_of(place, row));
        }
        let early = |number: &usize| number % ROUND < EARLY;
        let numbers = (0..missing.len()).filter(early);
        let numbers = numbers.chain((0..missing.len()).filter(|number| !early(number)));
        for row in numbers.filter_map(|number| missing.get(number)) {
            let (new, old) = insert(&mut table, self.sequence, *row)?;
            self.bytes = self.bytes.saturating_add(new).saturating_sub(old);
        }
        Ok(())
    }

    /// Brings the row of a fact, such as the revision, up to date. `None` removes the row.
    pub(super) fn fact<T: PartialEq, S: Serialize>(
        &mut self,
        name: &str,
        known: Option<&T>,
        wanted: Option<&T>,
        stored: impl FnOnce(&T) -> S,
    ) -> Result<(), ChangeStoreError> {
        if known == wanted {
            return Ok(());
        }
        self.is_any = true;
        let mut meta = self.transaction.open_table(META).map_err(failed)?;
        let row = wanted.map(|fact| write_row(self.sequence, FACT, (name, ""), &stored(fact)));
        let row = row.transpose()?;
        let old = match &row {
            Some(row) => meta.insert(name, row.as_slice()).map_err(failed)?,
            None => meta.remove(name).map_err(failed)?,
        };
        let old = bytes_of((name, ""), old.map(|old| old.value().len()));
        let new = bytes_of((name, ""), row.map(|row| row.len()));
        self.bytes = self.bytes.saturating_add(new).saturating_sub(old);
        Ok(())
    }

    /// Brings the row of the format up to date.
    pub(super) fn format(&mut self, format: &[u8]) -> Result<(), ChangeStoreError> {
        let mut meta = self.transaction.open_table(META).map_err(failed)?;
        if meta.get(FORMAT).map_err(failed)?.is_none_or(|row| row.value() != format) {
            self.is_any = true;
            meta.insert(FORMAT, format).map_err(failed)?;
        }
        Ok(())
    }
}

/// Returns the rows of `known` that `wanted` does not have, and the rows of `wanted` that `known` does not have or has with another content.
fn compare<'a, R: Row>(known: &'a [R], wanted: &'a [R]) -> (Vec<&'a R>, Vec<&'a R>) {
    let sorted = |rows: &'a [R]| {
        let mut rows: Vec<&R> = rows.iter().collect();
        rows.sort_unstable_by(|one, other| one.key().cmp(&other.key()));
        rows.into_iter().peekable()
    };
    let (mut known, mut wanted) = (sorted(known), sorted(wanted));
    let (mut removed, mut missing) = (Vec::new(), Vec::new());
    loop {
        let order = match (known.peek(), wanted.peek()) {
            (Some(known), Some(wanted)) => known.key().cmp(&wanted.key()),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return (removed, missing),
        };
        match order {
            Ordering::Less => removed.extend(known.next()),
            Ordering::Greater => missing.extend(wanted.next()),
            Ordering::Equal => {
                let before = known.next();
                missing.extend(wanted.next().filter(|row| Some(row) != before.as_ref()));
            }
        }
    }
}

/// Inserts a row into its table. Returns the number of bytes of its key and value, and of the replaced row.
pub(super) fn insert<R: Row>(
    table: &mut OpenRows<'_>,
    sequence: u64,
    row: &R,
) -> Result<(u64, u64), ChangeStoreError> {
    let (environment, feature) = row.place();
    let place = (environment.as_str(), &*feature);
    let row = write_row(sequence, R::NAME, place, &row.stored())?;
    let old = table.insert(place, row.as_slice()).map_err(failed)?;
    let old = bytes_of(place, old.map(|old| old.value().len()));
    Ok((bytes_of(place, Some(row.len())), old))
}

/// Returns the number of bytes of a row's key and value; 0 if there is no row.
pub(super) fn bytes_of(place: (&str, &str), value: Option<usize>) -> u64 {
    value.map_or(0, |value| (place.0.len() + place.1.len() + value) as u64)
}
