//! Stands in for `engine` in browsers, where only `regex-lite` compiles patterns, so that a download stays small.

use super::Cost;

/// No table is ever built.
pub(super) const TABLE_BYTES: usize = 0;

/// A type without values: the compiler removes every match on it.
#[derive(Debug)]
pub(super) enum Engine {}

impl Engine {
    /// Returns `None`.
    pub(super) const fn compile(_source: &str, _table_bytes: usize) -> Option<Self> {
        None
    }

    pub(super) const fn is_match(&self, _text: &str) -> bool {
        match *self {}
    }

    pub(super) const fn table_bytes(&self) -> usize {
        match *self {}
    }

    pub(super) const fn cost(&self) -> Cost {
        match *self {}
    }
}
