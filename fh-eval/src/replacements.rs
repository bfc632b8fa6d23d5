//! Features that replace others of a ruleset without a copy of its tables.

use std::sync::Arc;

use crate::tables::Tables;

/// The maximum number of features that replace others. A lookup of a feature searches them, and each further one copies their list.
const MOST: usize = 128;

/// A feature that replaces the one at this position of a ruleset's tables. It has the same key.
#[derive(Debug, Clone)]
pub(crate) struct Replacement {
    pub(crate) position: usize,
    /// Tables with this feature alone. Their segments have the slots of the ruleset's segments.
    pub(crate) tables: Arc<Tables>,
}

/// Replacements in the order of their positions, at most one for each position.
#[derive(Debug, Clone, Default)]
pub(crate) struct Replacements(Arc<[Replacement]>);

impl Replacements {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Replacement> {
        self.0.iter()
    }

    /// Returns the tables with the feature that replaces the one at this position, or `None` if none does.
    pub(crate) fn at(&self, position: usize) -> Option<&Arc<Tables>> {
        let row = self.row(position).ok()?;
        self.0.get(row).map(|replacement| &replacement.tables)
    }

    /// Returns the row of a position, or the row at which it would be inserted.
    fn row(&self, position: usize) -> Result<usize, usize> {
        self.0.binary_search_by_key(&position, |replacement| replacement.position)
    }

    /// Returns false if a replacement at this position would be one too many.
    pub(crate) fn have_room_for(&self, position: usize) -> bool {
        self.0.len() < MOST || self.row(position).is_ok()
    }

    /// Returns a copy in which these tables have the feature at a position.
    pub(crate) fn with(&self, position: usize, tables: Arc<Tables>) -> Self {
        let mut all = self.0.to_vec();
        let replacement = Replacement { position, tables };
        match self.row(position) {
            Ok(row) => all.splice(row..=row, [replacement]).for_each(drop),
            Err(row) => all.insert(row, replacement),
        }
        Self(all.into())
    }
}
