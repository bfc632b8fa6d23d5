//! Regular expressions in one dialect for every target (D-38): linear time, ASCII classes and case folding, `.` excludes
//! only `\n`, `$` is the end of the text. Where Java and JavaScript write the same thing differently, [`Extent`] says whose
//! reading counts (ADR 0021). What is outside the dialect is refused everywhere alike.

mod class;
mod construct;
mod dialect;
#[cfg_attr(target_arch = "wasm32", path = "no_engine.rs")]
mod engine;
mod literal;
mod property;
mod reading;

pub use construct::Construct;
use dialect::EngineKind;
pub use dialect::{MAX_NODES, Refusal};
pub use literal::Anchor;
pub use reading::{Divergence, divergences};

/// How much of the text a pattern has to match, and as whose pattern it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// Anywhere in it. A class is read as by JavaScript (profile `client`).
    Search,
    /// All of it. A class is read as by Java (profile `edge`).
    Whole,
}

/// The longest text times the largest pattern that is tried: a text of 5,000 bytes on a pattern of 10,000 nodes.
/// Beyond it the answer is "does not match", so that nobody can buy minutes of work with one request.
const MAX_WORK: usize = 50_000_000;

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    program: Program,
    nodes: usize,
}

#[derive(Debug)]
enum Program {
    /// The pattern is nothing but texts, perhaps anchored: string tests do.
    Literals(Anchor, Box<[Box<str>]>),
    Fast(engine::Engine),
    Small(regex_lite::Regex),
}

/// The most work that something can take, in steps. A step is about a nanosecond of a slow machine, but it is a count: the same
/// everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Cost {
    /// For each text that is looked at.
    pub(crate) per_value: u64,
    /// For each byte of it.
    pub(crate) per_byte: u64,
}

impl Cost {
    /// Comparing a text with one of this length.
    pub(crate) fn of_comparison(length: usize) -> Self {
        Self { per_value: 3 + length as u64 / 16, per_byte: 0 }
    }

    /// Looking for a text of this length within another.
    pub(crate) fn of_search(length: usize) -> Self {
        Self { per_value: 20 + 2 * length as u64, per_byte: 4 }
    }

    pub(crate) fn times(self, count: u64) -> Self {
        Self {
            per_value: self.per_value.saturating_mul(count),
            per_byte: self.per_byte.saturating_mul(count),
        }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            per_value: self.per_value.saturating_add(other.per_value),
            per_byte: self.per_byte.saturating_add(other.per_byte),
        }
    }
}

/// How much memory a pattern may take to run fast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    /// A table of at most so many bytes.
    UpTo(usize),
    /// None, since the pattern is used once.
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

/// The largest table of one pattern, in bytes.
pub(crate) const TABLE_BYTES: usize = engine::TABLE_BYTES;

/// A pattern of the dialect's largest size must fit, so that all targets refuse alike.
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
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`Refusal`] says what is wrong with it or what the dialect leaves out.
    ///
    /// ```
    /// use fh_eval::text::pattern::{Extent, Pattern};
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

    /// The same with other limits.
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
        let source = match extent {
            Extent::Search => rewritten.source,
            Extent::Whole => format!(r"\A(?:{})\z", rewritten.source),
        };
        let program = match literal::extract(&source) {
            Some((anchor, texts)) => Program::Literals(anchor, texts),
            None => Program::compile(&source, rewritten.engine, tables).ok_or(Refusal::TooLarge)?,
        };
        Ok(Self { program, nodes: rewritten.nodes })
    }

    /// Returns true if the text matches. Takes time linear in its length; allocates at most once per thread, for all patterns together.
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

    /// The texts this pattern stands for, if it needs no engine.
    #[must_use]
    pub fn literals(&self) -> Option<(Anchor, &[Box<str>])> {
        match &self.program {
            Program::Literals(anchor, texts) => Some((*anchor, texts)),
            _ => None,
        }
    }

    /// Bytes that the pattern takes to run fast, shared by all threads.
    pub(crate) fn table_bytes(&self) -> usize {
        match &self.program {
            Program::Fast(engine) => engine.table_bytes(),
            _ => 0,
        }
    }

    /// The most that one search can take.
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

    /// Nodes of the expanded tree: what a pattern counts against limits.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }
}

#[cfg(test)]
mod tests;
