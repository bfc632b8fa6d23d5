//! Compiled segments, which rules name.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::tables::Tables;

/// A compiled segment, which can replace one of a ruleset with [`Ruleset::with_segment`](crate::Ruleset::with_segment).
#[derive(Debug, Clone)]
pub struct Segment {
    pub(crate) id: Arc<str>,
    /// `None` for a segment that makes flags malformed, because it is archived.
    pub(crate) tables: Option<Arc<Tables>>,
}

impl Segment {
    /// Returns the id by which flags name the segment.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the diagnostics of the segment.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.tables.as_ref().map_or(&[], |tables| tables.diagnostics(0))
    }
}
