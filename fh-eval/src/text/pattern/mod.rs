//! Regular expressions in one dialect for every target (D-38). Matching takes linear time. The classes `\d`, `\w` and
//! `\s` and word boundaries are those of ASCII. The flag `i` applies only to ASCII letters and to properties such as
//! `\p{Lu}`. Without flags, `.` matches every character but `\n`, and `$` matches only at the end of the text. Where
//! Java and JavaScript read brackets or `\v` differently, [`Extent`] chooses the reading (ADR 0021). Constructs outside
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
mod literal;
mod property;
#[cfg(feature = "featuresignals")]
mod re2;
#[cfg(feature = "featuresignals")]
mod re2_property;
mod reading;
mod refusal;
#[cfg(not(target_arch = "wasm32"))]
mod table;
mod unicode;

use crate::cost::Cost;
pub use construct::Construct;
use dialect::EngineKind;
pub use literal::Anchor;
pub use reading::{Divergence, divergences};
pub use refusal::{MAX_NODES, Refusal};

/// The part of a text that a pattern must match, and the language whose rules apply to brackets and `\v` in the
/// pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// Any part of the text. Brackets and `\v` are read as in JavaScript (profile `client`).
    Search,
    /// The whole text. Brackets and `\v` are read as in Java (profile `edge`).
    Whole,
    /// Any part of the text. The pattern is read as in .NET, with its classes of Unicode characters (FeatBit).
    #[cfg(feature = "featbit")]
    DotNet,
    /// Any part of the text. The pattern is read as by RE2, the regular expressions of Go (FeatureSignals).
    #[cfg(feature = "featuresignals")]
    Re2,
}

impl Extent {
    /// Returns true if the pattern is read as in .NET.
    const fn is_dot_net(self) -> bool {
        #[cfg(feature = "featbit")]
        return matches!(self, Self::DotNet);
        #[cfg(not(feature = "featbit"))]
        false
    }

    /// Returns true if the pattern is read as by RE2.
    const fn is_re2(self) -> bool {
        #[cfg(feature = "featuresignals")]
        return matches!(self, Self::Re2);
        #[cfg(not(feature = "featuresignals"))]
        false
    }
}

/// Maximum product of a text's bytes and a pattern's nodes, such as 500 bytes and 1,000 nodes. A pattern that needs an
/// engine does not match a text beyond this limit. A search within the limit takes less than 50 ms in a browser, where
/// the small engine runs all patterns (ADR 0038).
const MAX_WORK: usize = 500_000;

/// A compiled regular expression, with which REGEX rules test texts.
#[derive(Debug)]
pub struct Pattern {
    program: Program,
    nodes: usize,
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

/// Maximum size of the program of one compiled pattern, in bytes. A pattern with a larger program is refused. The
/// program of a pattern with [`MAX_NODES`] nodes is smaller, so that all targets refuse the same patterns.
const PROGRAM_BYTES: usize = 1 << 28;

impl Program {
    fn compile(source: &str, engine: EngineKind, tables: Tables) -> Option<Self> {
        match engine {
            EngineKind::Fast => engine::Engine::compile(source, tables.bytes()).map(Self::Fast),
            EngineKind::Small => {
                let mut builder = regex_lite::RegexBuilder::new(source);
                builder.size_limit(PROGRAM_BYTES).build().ok().map(Self::Small)
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
        Self::compile_with(pattern, extent, Tables::UpTo(TABLE_BYTES), MAX_NODES)
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
        let program = match literal::extract(rewritten.tree) {
            Some((anchor, texts)) => Program::Literals(anchor, texts),
            None => Program::compile(&rewritten.source, rewritten.engine, tables)
                .ok_or(Refusal::TooLarge)?,
        };
        Ok(Self { program, nodes: rewritten.nodes })
    }

    /// Returns true if the pattern matches the text. The search takes time linear in the text's length. If the pattern
    /// needs an engine, a text that is too long for the pattern's size does not match. A search allocates memory only
    /// if an engine runs the pattern without a table.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.program {
            Program::Literals(anchor, texts) => {
                texts.iter().any(|literal| anchor.holds(text, literal))
            }
            Program::Fast(engine) => self.is_affordable(text) && engine.is_match(text),
            Program::Small(regex) => self.is_affordable(text) && regex.is_match(text),
        }
    }

    fn is_affordable(&self, text: &str) -> bool {
        text.len().saturating_mul(self.nodes) <= MAX_WORK
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

#[cfg(test)]
mod tests;
