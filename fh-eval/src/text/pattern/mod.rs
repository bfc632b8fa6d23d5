//! Regular expressions in one dialect for every target. Matching takes linear time. The classes `\d`, `\w` and
//! `\s` and word boundaries are those of ASCII. The flag `i` applies only to ASCII letters and to properties such as
//! `\p{Lu}`. Without flags, `.` matches every character but `\n`, and `$` matches only at the end of the text. Where
//! Java and JavaScript read brackets or `\v` differently, [`Extent`] chooses the reading. Constructs outside
//! the dialect are refused on every target.

mod class;
mod construct;
mod cursor;
mod dialect;
#[cfg(feature = "featbit")]
mod dotnet;
#[cfg(feature = "featbit")]
mod dotnet_blocks;
#[cfg_attr(target_arch = "wasm32", path = "no_engine.rs")]
mod engine;
mod extent;
mod literal;
mod property;
#[cfg(feature = "featuresignals")]
mod re2;
#[cfg(feature = "featuresignals")]
mod re2_property;
mod reading;
mod refusal;
#[cfg(not(target_arch = "wasm32"))]
mod simulation;
#[cfg(not(target_arch = "wasm32"))]
mod table;
mod translation;
mod unicode;

use crate::cost::Cost;
pub use construct::Construct;
use dialect::EngineKind;
pub use extent::Extent;
#[cfg(not(target_arch = "wasm32"))]
use extent::MAX_STEPS;
use extent::{MAX_WORK, Work};
pub use literal::Anchor;
pub use reading::divergences;
pub use refusal::{MAX_FLAG_NODES, MAX_NODES, Refusal};
pub use translation::Divergence;

/// A compiled regular expression, with which REGEX rules test texts.
#[derive(Debug)]
pub struct Pattern {
    program: Program,
    nodes: usize,
    work: Work,
}

#[derive(Debug)]
enum Program {
    /// The pattern searches for one of several literal texts at an anchor. String comparisons with these texts replace
    /// an engine.
    Literals(Anchor, Box<[Box<str>]>),
    Fast(engine::Engine),
    Small(regex_lite::Regex),
}

/// The limit for the size of a pattern's transition table, which makes searches fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// A table of at most this many bytes. A pattern whose table would be larger runs without a table.
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

/// Maximum size of the table of one pattern, in bytes. A pattern whose table would be larger runs without a table.
pub(crate) const TABLE_BYTES: usize = engine::TABLE_BYTES;

impl Program {
    fn compile(
        source: &str,
        engine: EngineKind,
        tables: Tables,
        program_bytes: usize,
    ) -> Option<Self> {
        match engine {
            EngineKind::Fast => {
                engine::Engine::compile(source, tables.bytes(), program_bytes).map(Self::Fast)
            }
            EngineKind::Small => {
                let mut builder = regex_lite::RegexBuilder::new(source);
                builder.size_limit(program_bytes).build().ok().map(Self::Small)
            }
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
    /// assert!(Pattern::compile(r"(?=a)", Extent::Search).is_err());
    /// ```
    pub fn compile(pattern: &str, extent: Extent) -> Result<Self, Refusal> {
        Self::compile_with(pattern, extent, Tables::UpTo(TABLE_BYTES), extent.limits().nodes)
    }

    /// Compiles a pattern with limits for the size of its table and its number of nodes.
    pub(crate) fn compile_with(
        pattern: &str,
        extent: Extent,
        tables: Tables,
        max_nodes: usize,
    ) -> Result<Self, Refusal> {
        let rewritten = dialect::rewrite(pattern, extent)?;
        if rewritten.nodes > max_nodes {
            return Err(Refusal::TooLarge);
        }
        let limits = extent.limits();
        let program = match literal::extract(rewritten.tree) {
            Some((anchor, texts)) => Program::Literals(anchor, texts),
            None => {
                let most = limits.program_bytes;
                Program::compile(&rewritten.source, rewritten.engine, tables, most)
                    .ok_or(Refusal::TooLarge)?
            }
        };
        Ok(Self { program, nodes: rewritten.nodes, work: limits.work })
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
        match (&self.program, self.work) {
            (Program::Literals(anchor, texts), _) => {
                Some(texts.iter().any(|literal| anchor.holds(text, literal)))
            }
            #[cfg(not(target_arch = "wasm32"))]
            (Program::Fast(engine), Work::Steps) => engine.search(text, MAX_STEPS),
            (Program::Fast(engine), _) if self.is_affordable(text) => {
                engine.search(text, usize::MAX)
            }
            (Program::Small(regex), _) if self.is_affordable(text) => Some(regex.is_match(text)),
            _ => None,
        }
    }

    fn is_affordable(&self, text: &str) -> bool {
        text.len().saturating_mul(self.nodes) <= MAX_WORK
    }

    /// Returns true if a search can be beyond a limit.
    pub(crate) fn is_limited(&self) -> bool {
        match &self.program {
            Program::Literals(..) => false,
            Program::Fast(engine) => self.work == Work::Product || engine.table_bytes() == 0,
            Program::Small(_) => true,
        }
    }

    /// Returns the largest number of bytes with which no text is beyond the limit of a search; `None` if there is no limit.
    #[must_use]
    pub fn longest_text(&self) -> Option<usize> {
        match (&self.program, self.work) {
            _ if !self.is_limited() => None,
            #[cfg(not(target_arch = "wasm32"))]
            (Program::Fast(engine), Work::Steps) => Some(MAX_STEPS / engine.most_steps().max(1)),
            _ => Some(MAX_WORK / self.nodes.max(1)),
        }
    }

    /// Returns the size of the pattern's program in bytes, without its table. Returns 0 for literal texts, which are as long as the pattern.
    pub(crate) fn program_bytes(&self) -> usize {
        match &self.program {
            Program::Literals(..) => 0,
            Program::Fast(engine) => engine.program_bytes(),
            Program::Small(_) => self.nodes.saturating_mul(64),
        }
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

    /// Returns the size in bytes of the pattern's table, which all threads share. Returns 0 if the pattern has no
    /// table.
    pub(crate) fn table_bytes(&self) -> usize {
        match &self.program {
            Program::Fast(engine) => engine.table_bytes(),
            _ => 0,
        }
    }

    /// Returns the maximum work of one search of a supplied text.
    pub(crate) fn cost(&self) -> Cost {
        match &self.program {
            Program::Literals(Anchor::Anywhere, texts) => texts
                .iter()
                .map(|text| Cost::of_search(text.len()))
                .fold(Cost::default(), Cost::plus),
            Program::Literals(_, texts) => {
                let lengths = texts.iter().map(|text| text.len());
                lengths.map(Cost::of_comparison).fold(Cost::default(), Cost::plus)
            }
            Program::Fast(engine) => engine.cost(),
            Program::Small(_) => {
                let nodes = self.nodes as u64;
                Cost { per_value: 60 * nodes, per_byte: 12 * nodes }
            }
        }
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
