//! Regular expressions in one dialect for every target. Matching takes linear time. The classes `\d`, `\w` and
//! `\s` and word boundaries are those of ASCII. The flag `i` applies only to ASCII letters and to properties such as
//! `\p{Lu}`. Without flags, `.` matches every character but `\n`, and `$` matches only at the end of the text. Where
//! Java and JavaScript read brackets or `\v` differently, [`Extent`] chooses the reading. Constructs outside
//! the dialect are refused on every target.

mod class;
mod construct;
mod cursor;
mod dialect;
mod divergence;
#[cfg(feature = "featbit")]
mod dotnet;
#[cfg(feature = "featbit")]
mod dotnet_blocks;
#[cfg_attr(target_arch = "wasm32", path = "no_engine.rs")]
mod engine;
mod extent;
mod literal;
mod look_around;
mod positions;
mod program;
mod property;
#[cfg(feature = "featuresignals")]
mod re2;
#[cfg(feature = "featuresignals")]
mod re2_property;
mod reading;
mod refusal;
mod sdk_check;
#[cfg(not(target_arch = "wasm32"))]
mod simulation;
mod split;
#[cfg(not(target_arch = "wasm32"))]
mod table;
mod translation;
mod unicode;

use crate::cost::Cost;
pub use construct::Construct;
pub use divergence::Divergence;
pub use extent::Extent;
pub use literal::Anchor;
use program::{Compiler, Program};
pub use refusal::{MAX_FLAG_NODES, MAX_NODES, Refusal};
pub use sdk_check::divergences;

/// A compiled regular expression, with which REGEX rules test texts.
#[derive(Debug)]
pub struct Pattern {
    program: Program,
    nodes: usize,
    /// Maximum number of bytes of a text. A longer text is beyond the limit of a search.
    most_bytes: usize,
    /// Maximum number of steps of a search without a table.
    most_steps: usize,
}

/// The limit for the size of a pattern's transition table, which makes searches fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// Tables of at most this many bytes for all parts of the pattern. A part whose table would be larger runs without a table.
    UpTo(usize),
    /// The pattern runs without a table. This suits a pattern that is used in one evaluation only.
    None,
}

impl Tables {
    const fn bytes(self) -> usize {
        match self {
            Self::UpTo(bytes) => bytes,
            Self::None => 0,
        }
    }
}

impl Pattern {
    /// Compiles a pattern. `extent` selects the part of a text that the pattern must match.
    ///
    /// # Errors
    /// Fails with [`Refusal`] if the pattern is invalid, uses a construct that the dialect does not support, or is too
    /// large.
    ///
    /// ```
    /// use fh_eval::internal::text::pattern::{Extent, Pattern};
    /// let matches = |pattern, extent, text| Pattern::compile(pattern, extent).unwrap().is_match(text);
    /// assert!(matches("an.", Extent::Search, "banana"));
    /// assert!(!matches("an.", Extent::Whole, "banana"));
    /// assert!(matches(r"\p{Lu}\h\Q$1.50\E", Extent::Whole, "É\u{a0}$1.50"));
    /// assert!(!matches(r"^\d$", Extent::Search, "٣"));
    /// assert!(matches(r"^(?!10\.)", Extent::Search, "192.0.2.1"));
    /// assert!(Pattern::compile(r"(a)\1", Extent::Search).is_err());
    /// ```
    pub fn compile(pattern: &str, extent: Extent) -> Result<Self, Refusal> {
        Self::compile_with(pattern, extent, Tables::UpTo(usize::MAX), extent.limits().nodes)
    }

    /// Compiles a pattern with limits for the size of its table and its number of nodes.
    pub(crate) fn compile_with(
        pattern: &str,
        extent: Extent,
        tables: Tables,
        max_nodes: usize,
    ) -> Result<Self, Refusal> {
        let mut rewritten = dialect::rewrite(pattern, extent)?;
        let nodes = rewritten.nodes;
        if nodes > max_nodes {
            return Err(Refusal::TooLarge);
        }
        let limits = extent.limits();
        let mut compiler = Compiler {
            source: &rewritten.source,
            looks: &mut rewritten.looks,
            is_dot_net: extent.is_dot_net(),
            tables: tables.bytes(),
            program_bytes: limits.program_bytes,
        };
        let program = compiler.program(rewritten.expression, None).ok_or(Refusal::TooLarge)?;
        let most_work = program.most_work(limits.work);
        Ok(Self {
            program,
            nodes,
            most_bytes: most_work.map_or(usize::MAX, |work| work / nodes.max(1)),
            most_steps: limits.work.most_steps(),
        })
    }

    /// Returns true if the pattern matches the text, and false also if the search is beyond a limit.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.search(text) == Some(true)
    }

    /// Returns true if the pattern matches the text; `None` if the search is beyond a limit, so that the result is unknown. The search takes
    /// time linear in the text's length. It allocates memory only if an engine runs the pattern without a table.
    #[must_use]
    pub fn search(&self, text: &str) -> Option<bool> {
        // The limit is asked before any part of the pattern, so that a result beyond it is never negated.
        if text.len() > self.most_bytes {
            return None;
        }
        self.program.search(text, self.most_steps)
    }

    /// Returns true if a search can be beyond a limit.
    #[cfg(feature = "first-row")]
    pub(crate) fn is_limited(&self) -> bool {
        self.longest_text().is_some()
    }

    /// Returns the largest number of bytes with which no text is beyond the limit of a search; `None` if there is no limit.
    #[must_use]
    pub fn longest_text(&self) -> Option<usize> {
        let steps = Some(self.most_steps).filter(|most| *most < usize::MAX);
        let steps = steps.and_then(|most| Some(most / self.program.most_steps()?.max(1)));
        let bytes = Some(self.most_bytes).filter(|most| *most < usize::MAX);
        steps.into_iter().chain(bytes).min()
    }

    /// Returns the size of the pattern's program in bytes, without its tables.
    pub(crate) fn program_bytes(&self) -> usize {
        self.program.bytes()
    }

    /// Returns the literal texts for which the pattern searches, and the position at which a matching text has one of
    /// them. Returns `None` if the pattern needs an engine.
    #[must_use]
    pub fn literals(&self) -> Option<(Anchor, &[Box<str>])> {
        match &self.program {
            Program::Literals(anchor, texts) => Some((*anchor, texts)),
            _ => None,
        }
    }

    /// Returns the number of bytes for which the pattern counts in the limit for all tables.
    pub(crate) fn table_charge(&self) -> usize {
        self.program.table_charge()
    }

    /// Returns the maximum work of one search of a supplied text.
    pub(crate) fn cost(&self) -> Cost {
        self.program.cost()
    }

    /// Returns the number of nodes of the pattern's tree with repetitions written out. The limits for patterns count
    /// these nodes.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }
}

/// Number of bytes of a text that each pattern should be able to test, such as the address of a page.
const SHORT_TEXT: usize = 256;

/// Returns the longest text that a pattern can test in any case, if even short texts can be beyond it.
#[must_use]
pub fn short_texts(pattern: &str, extent: Extent) -> Option<usize> {
    // Small patterns have high limits, and need not be compiled.
    if pattern.len() < 400 && !pattern.contains('{') {
        return None;
    }
    let compiled = Pattern::compile(pattern, extent).ok()?;
    compiled.longest_text().filter(|longest| *longest < SHORT_TEXT)
}

#[cfg(test)]
mod tests;
