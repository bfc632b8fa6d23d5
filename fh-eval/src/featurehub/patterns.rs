//! The patterns of one compilation: each compiled once, all of them together bounded.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::Problem;
use crate::profile::Profile;
use crate::text::pattern::{Extent, MAX_NODES, Pattern, TABLE_BYTES, Tables};

/// Nodes of all patterns of one ruleset together; each may have [`MAX_NODES`](crate::text::pattern::MAX_NODES).
const PATTERN_BUDGET: usize = 200_000;

/// Bytes of all tables of one ruleset together. Patterns beyond it run without one, which takes longer.
const TABLE_BUDGET: usize = 8 << 20;

/// Patterns compiled so far: identical ones are shared.
pub(super) struct Patterns {
    extent: Extent,
    known: HashMap<Box<str>, Result<Arc<Pattern>, Problem>>,
    nodes: usize,
    /// What is left of [`TABLE_BUDGET`]. Tables that turned out too large count as well, since building them took as long.
    tables: usize,
}

impl Patterns {
    pub(super) fn new(profile: Profile) -> Self {
        let extent = match profile {
            Profile::Client => Extent::Search,
            Profile::Edge => Extent::Whole,
        };
        Self { extent, known: HashMap::new(), nodes: 0, tables: TABLE_BUDGET }
    }

    pub(super) fn get(&mut self, pattern: &str) -> Result<Arc<Pattern>, Problem> {
        if let Some(known) = self.known.get(pattern) {
            return known.clone();
        }
        let compiled = if self.nodes > PATTERN_BUDGET {
            Err(Problem::PatternBudget)
        } else {
            let tables = Tables::UpTo(self.tables.min(TABLE_BYTES));
            Pattern::compile_with(pattern, self.extent, tables, MAX_NODES)
                .map_err(Problem::Pattern)
                .map(Arc::new)
        };
        if let Ok(pattern) = &compiled {
            self.nodes += pattern.nodes();
            let built = match pattern.literals() {
                Some(_) => 0,
                None if pattern.table_bytes() == 0 => TABLE_BYTES,
                None => pattern.table_bytes(),
            };
            self.tables = self.tables.saturating_sub(built);
        }
        self.known.insert(pattern.into(), compiled.clone());
        compiled
    }
}
