//! The limit of the memory of diagnostics.

use std::cell::Cell;
use std::rc::Rc;

use super::{Diagnostic, Place};

/// The memory that the diagnostics of one payload can still take, in bytes. Without a limit, a hostile payload of a few megabytes whose
/// flag has a long key and many mistakes would take gigabytes, since each diagnostic names the flag.
#[derive(Debug, Clone)]
pub(crate) struct Room(Rc<Cell<usize>>);

/// The memory of all diagnostics of a payload, in bytes. The diagnostic that exceeds it is the last one.
const MOST: usize = 2 << 20;
/// The memory of the diagnostics of a feature that is compiled alone, in bytes. A client that compiles features one by one may have many.
const MOST_OF_ONE: usize = 64 << 10;

impl Default for Room {
    fn default() -> Self {
        Self(Rc::new(Cell::new(MOST)))
    }
}

impl Room {
    /// Returns the memory of a feature, a flag or a segment that is compiled alone.
    pub(crate) fn of_one() -> Self {
        Self(Rc::new(Cell::new(MOST_OF_ONE)))
    }

    /// Returns a diagnostic if memory is left. Otherwise, it is not even made.
    pub(crate) fn keep(&self, make: impl FnOnce() -> Diagnostic) -> Option<Diagnostic> {
        let left = self.0.get();
        let kept = (left > 0).then(make)?;
        self.0.set(left.saturating_sub(kept.memory()));
        Some(kept)
    }
}

impl Diagnostic {
    /// Returns the memory that the diagnostic takes, in bytes.
    fn memory(&self) -> usize {
        let Place { environment, feature, strategy_id, field, value, .. } = &self.place;
        let texts = [environment, strategy_id, field, value]
            .map(|text| text.as_ref().map_or(0, |text| text.len()));
        size_of::<Self>() + feature.len() + texts.iter().sum::<usize>()
    }
}
