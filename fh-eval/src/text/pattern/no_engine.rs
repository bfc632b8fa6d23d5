//! Replaces `engine` on WebAssembly, where `positions` runs all patterns that need an engine, so that a download stays small.

use crate::cost::Cost;

/// Maximum size in bytes of the table of a pattern: 0, because no table is built on WebAssembly.
pub(super) const TABLE_BYTES: usize = 0;

/// An engine that cannot exist. The type has no values, so that the compiler removes every match on it.
#[derive(Debug)]
pub(super) enum Engine {}

impl Engine {
    /// Returns `None`, because WebAssembly has no engine of this kind.
    pub(super) const fn compile(
        _source: &str,
        _table_bytes: usize,
        _program_bytes: usize,
    ) -> Option<Self> {
        None
    }

    pub(super) const fn search(&self, _text: &str, _most_steps: usize) -> Option<bool> {
        match *self {}
    }

    pub(super) const fn most_steps(&self) -> usize {
        match *self {}
    }

    pub(super) const fn program_bytes(&self) -> usize {
        match *self {}
    }

    pub(super) const fn table_bytes(&self) -> usize {
        match *self {}
    }

    pub(super) const fn cost(&self) -> Cost {
        match *self {}
    }
}
