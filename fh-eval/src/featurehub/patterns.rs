//! The patterns of one compilation: each compiled once, all of them together bounded.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::Problem;
use crate::profile::Profile;
use crate::text::pattern::{Extent, Pattern};

/// Nodes of all patterns of one ruleset together; each may have [`MAX_NODES`](crate::text::pattern::MAX_NODES).
const PATTERN_BUDGET: usize = 200_000;

/// Patterns compiled so far: identical ones are shared.
pub(super) struct Patterns {
    extent: Extent,
    known: HashMap<Box<str>, Result<Arc<Pattern>, Problem>>,
    nodes: usize,
}

impl Patterns {
    pub(super) fn new(profile: Profile) -> Self {
        let extent = match profile {
            Profile::Client => Extent::Search,
            Profile::Edge => Extent::Whole,
        };
        Self { extent, known: HashMap::new(), nodes: 0 }
    }

    pub(super) fn get(&mut self, pattern: &str) -> Result<Arc<Pattern>, Problem> {
        if let Some(known) = self.known.get(pattern) {
            return known.clone();
        }
        let compiled = if self.nodes > PATTERN_BUDGET {
            Err(Problem::PatternBudget)
        } else {
            Pattern::compile(pattern, self.extent).map_err(Problem::Pattern).map(Arc::new)
        };
        if let Ok(pattern) = &compiled {
            self.nodes += pattern.nodes();
        }
        self.known.insert(pattern.into(), compiled.clone());
        compiled
    }
}
