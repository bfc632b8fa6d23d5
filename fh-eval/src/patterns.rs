//! The regular expressions of one compilation. Each expression is compiled once, and the total size of the expressions
//! is limited.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::DiagnosticKind;
use crate::predicate::TextTest;
#[cfg(feature = "first-row")]
use crate::predicate::{BoxedPredicate, Predicate};
use crate::text::pattern::{Anchor, Extent, Pattern, Tables};
#[cfg(feature = "first-row")]
use crate::writer::Writer;

/// Number of nodes of all patterns of one compilation together after which further patterns are refused. A single
/// pattern may have up to [`MAX_NODES`](crate::text::pattern::MAX_NODES) nodes.
const PATTERN_BUDGET: usize = 200_000;

/// Like [`PATTERN_BUDGET`], for FeatBit and FeatureSignals: number of bytes of all programs, since a long list of names is small.
const PROGRAM_BUDGET: usize = 64 << 20;

/// Maximum size in bytes of the tables of all patterns of one compilation together. Once this size is used up, further
/// patterns run without a table, which takes longer.
const TABLE_BUDGET: usize = 8 << 20;

/// The patterns that were compiled so far. Equal patterns are compiled once and shared.
pub(crate) struct Patterns {
    extent: Extent,
    known: HashMap<Box<str>, Result<Arc<Pattern>, DiagnosticKind>>,
    nodes: usize,
    program_bytes: usize,
    /// Number of bytes of [`TABLE_BUDGET`] that are left for further tables.
    tables: usize,
}

impl Patterns {
    /// Creates patterns of which none is compiled yet.
    pub(crate) fn new(extent: Extent) -> Self {
        Self { extent, known: HashMap::new(), nodes: 0, program_bytes: 0, tables: TABLE_BUDGET }
    }

    /// Compiles a pattern, or returns the one that was compiled before.
    pub(crate) fn get(&mut self, pattern: &str) -> Result<Arc<Pattern>, DiagnosticKind> {
        if let Some(known) = self.known.get(pattern) {
            return known.clone();
        }
        let limits = self.extent.limits();
        let is_full = match limits.counts_nodes() {
            true => self.nodes > PATTERN_BUDGET,
            false => self.program_bytes > PROGRAM_BUDGET,
        };
        let compiled = if is_full {
            Err(DiagnosticKind::PatternBudget)
        } else {
            let tables = Tables::UpTo(self.tables);
            Pattern::compile_with(pattern, self.extent, tables, limits.nodes)
                .map_err(DiagnosticKind::Pattern)
                .map(Arc::new)
        };
        if let Ok(pattern) = &compiled {
            self.nodes += pattern.nodes();
            self.program_bytes += pattern.program_bytes();
            self.tables = self.tables.saturating_sub(pattern.table_charge());
        }
        self.known.insert(pattern.into(), compiled.clone());
        compiled
    }
}

#[cfg(feature = "first-row")]
impl Writer {
    /// Stores the test that a supplied text matches a pattern.
    pub(crate) fn pattern(&mut self, pattern: Arc<Pattern>) -> Predicate {
        match text_test(std::slice::from_ref(&pattern)) {
            Some((test, texts)) => self.text_test(test, texts.into()),
            None => {
                let is_limited = pattern.is_limited();
                self.searched(BoxedPredicate::Patterns([pattern].into()), is_limited)
            }
        }
    }

    /// Stores the test that a supplied text does not match a pattern.
    #[cfg(feature = "featbit")]
    pub(crate) fn no_match(&mut self, pattern: Arc<Pattern>) -> Predicate {
        let is_limited = pattern.is_limited();
        self.searched(BoxedPredicate::NoMatch(pattern), is_limited)
    }

    fn searched(&mut self, predicate: BoxedPredicate, is_limited: bool) -> Predicate {
        match self.boxed(predicate) {
            Predicate::Boxed(row) if is_limited => Predicate::Limited(row),
            predicate => predicate,
        }
    }
}

/// Returns the comparison with texts that replaces these patterns, of which one must match. `None` if not all of them search for literal
/// texts at the same anchor.
pub(crate) fn text_test(patterns: &[Arc<Pattern>]) -> Option<(TextTest, Vec<&str>)> {
    let (anchor, _) = patterns.first()?.literals()?;
    let mut texts = Vec::new();
    for pattern in patterns {
        let (other, literals) = pattern.literals()?;
        if other != anchor {
            return None;
        }
        texts.extend(literals.iter().map(AsRef::as_ref));
    }
    let test = match anchor {
        Anchor::Anywhere => TextTest::Contains,
        Anchor::Start => TextTest::Starts,
        Anchor::End => TextTest::Ends,
        Anchor::Both => TextTest::Among,
    };
    Some((test, texts))
}
