//! The column of a context to which the texts of a cell are added.

use std::fmt::Write as _;

use fh_eval::{Column, ColumnEvaluator, PreparedText};

use crate::error::Fault;

/// A column of the context that is being built.
pub(super) struct Target<'e, 'r> {
    pub(super) evaluator: &'e mut ColumnEvaluator<'r>,
    pub(super) column: Column,
    /// Memory for the texts of numbers.
    pub(super) text: &'e mut String,
}

impl Target<'_, '_> {
    #[inline]
    pub(super) fn add(&mut self, text: &str) {
        self.evaluator.add(self.column, text);
    }

    #[inline]
    pub(super) fn add_prepared(&mut self, text: &PreparedText<'_>) {
        self.evaluator.add_prepared(self.column, text);
    }

    /// Adds the text that a function writes.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut String) -> std::fmt::Result) {
        self.text.clear();
        // A `String` takes every text.
        let _ = write(self.text);
        self.evaluator.add(self.column, self.text);
    }

    pub(super) fn add_double(&mut self, double: f64) -> Result<(), Fault> {
        if !double.is_finite() {
            return Err(Fault::NotFinite);
        }
        self.write(|text| write!(text, "{double}"));
        Ok(())
    }
}
