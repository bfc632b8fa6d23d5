//! Regular expressions in one dialect for every target (D-38): linear time, ASCII classes and case folding, `.` excludes
//! only `\n`, `$` is the end of the text. Where Java and JavaScript write the same thing differently, [`Extent`] says whose
//! reading counts (ADR 0021). What is outside the dialect is refused everywhere alike.

mod class;
mod construct;
mod dialect;
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
    #[cfg(not(target_arch = "wasm32"))]
    Fast(regex::Regex),
    Small(regex_lite::Regex),
}

/// A pattern of the dialect's largest size must fit, so that all targets refuse alike.
const PROGRAM_BYTES: usize = 1 << 28;

impl Program {
    fn compile(source: &str, engine: EngineKind) -> Option<Self> {
        match engine {
            #[cfg(not(target_arch = "wasm32"))]
            EngineKind::Fast => {
                let mut builder = regex::RegexBuilder::new(source);
                builder.size_limit(PROGRAM_BYTES).dfa_size_limit(1 << 21);
                builder.build().ok().map(Self::Fast)
            }
            _ => {
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
        let rewritten = dialect::rewrite(pattern, extent)?;
        let source = match extent {
            Extent::Search => rewritten.source,
            Extent::Whole => format!(r"\A(?:{})\z", rewritten.source),
        };
        let program = match literal::extract(&source) {
            Some((anchor, texts)) => Program::Literals(anchor, texts),
            None => Program::compile(&source, rewritten.engine).ok_or(Refusal::TooLarge)?,
        };
        Ok(Self { program, nodes: rewritten.nodes })
    }

    /// Does the text match? Takes time linear in its length; allocates at most once per thread.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        match &self.program {
            Program::Literals(anchor, texts) => {
                texts.iter().any(|literal| anchor.holds(text, literal))
            }
            #[cfg(not(target_arch = "wasm32"))]
            Program::Fast(regex) => self.is_affordable(text) && regex.is_match(text),
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

    /// Nodes of the expanded tree: what a pattern counts against limits.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes
    }
}

#[cfg(test)]
mod tests;
