//! The limits of patterns, and the reasons why a pattern is not compiled.

use super::construct::Construct;

/// Maximum number of nodes of a pattern's tree, with every bounded repetition written out. A larger pattern is refused.
pub const MAX_NODES: usize = 10_000;

/// Like [`MAX_NODES`], for the patterns of FeatBit and FeatureSignals, which no page runs.
pub const MAX_FLAG_NODES: usize = 100_000;

/// Maximum number of levels of a pattern's tree. Groups, classes, repetitions, alternatives and sequences count as
/// levels. A pattern with more levels is refused.
pub(super) const MAX_NESTING: u32 = 100;

/// Maximum length of a pattern in bytes. A longer pattern is refused.
pub(super) const MAX_TEXT: usize = 64 * 1024;

/// The reason why a pattern is not compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The pattern cannot be parsed. The text describes the mistake in the pattern.
    Invalid(String),
    /// The pattern uses a construct that the dialect does not support.
    Unsupported(Construct),
    /// The pattern is too large: for example, it is too long, is too deeply nested, or has too many nodes (see
    /// [`MAX_NODES`]).
    TooLarge,
}

impl From<Construct> for Refusal {
    fn from(construct: Construct) -> Self {
        Self::Unsupported(construct)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(why) => {
                write!(f, "the pattern cannot be parsed as a regular expression: {why}")
            }
            Self::Unsupported(what) => {
                write!(f, "{what} is not supported")
            }
            Self::TooLarge => write!(
                f,
                "the pattern is too large: a pattern has at most {} KiB of text, {MAX_NESTING} levels and, with repetitions written out, {MAX_NODES} parts ({MAX_FLAG_NODES} in FeatBit and FeatureSignals)",
                MAX_TEXT / 1024
            ),
        }
    }
}

impl std::error::Error for Refusal {}
