//! The languages of patterns, and the limits of the patterns of a language.

use super::refusal::{MAX_FLAG_NODES, MAX_NODES};

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
    pub(super) const fn is_dot_net(self) -> bool {
        #[cfg(feature = "featbit")]
        return matches!(self, Self::DotNet);
        #[cfg(not(feature = "featbit"))]
        false
    }

    /// Returns true if the pattern is read as by RE2.
    pub(super) const fn is_re2(self) -> bool {
        #[cfg(feature = "featuresignals")]
        return matches!(self, Self::Re2);
        #[cfg(not(feature = "featuresignals"))]
        false
    }

    /// Returns the limits of patterns. Pages run the patterns of FeatureHub, so that these have lower ones.
    pub(crate) const fn limits(self) -> Limits {
        if self.is_dot_net() || self.is_re2() {
            Limits { nodes: MAX_FLAG_NODES, program_bytes: 16 << 20, work: Work::Steps }
        } else {
            Limits { nodes: MAX_NODES, program_bytes: 1 << 28, work: Work::Product }
        }
    }
}

/// The limits of the patterns of a language.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Maximum number of nodes.
    pub(crate) nodes: usize,
    /// Maximum size of the program of a pattern, in bytes. On native targets, a larger pattern is refused. A program of [`MAX_NODES`]
    /// nodes is smaller than 256 MiB, so that all targets refuse the same patterns of FeatureHub.
    pub(super) program_bytes: usize,
    pub(super) work: Work,
}

impl Limits {
    /// Returns true if the patterns of one compilation are limited by their nodes, and false if they are by the size of their programs.
    pub(crate) fn counts_nodes(self) -> bool {
        self.work == Work::Product
    }
}

/// The measure of the work of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// The product of the text's bytes and the pattern's nodes, up to [`MAX_WORK`].
    Product,
    /// The steps that a search takes without a table, up to [`MAX_STEPS`].
    Steps,
}

impl Work {
    /// Returns the maximum product of a text's bytes and a pattern's nodes for a pattern that tests positions.
    pub(super) const fn of_positions(self) -> usize {
        match self {
            Self::Product => MAX_WORK,
            Self::Steps => MAX_POSITIONS_WORK,
        }
    }

    /// Returns the maximum number of steps of a search without a table.
    pub(super) const fn most_steps(self) -> usize {
        match self {
            Self::Product => usize::MAX,
            Self::Steps => MAX_STEPS,
        }
    }
}

/// Maximum product of a text's bytes and a pattern's nodes, such as 500 bytes and 1,000 nodes. A pattern that needs an
/// engine does not match a text beyond this limit. A search within the limit takes less than 50 ms in a browser, where
/// `positions` runs all patterns.
pub(super) const MAX_WORK: usize = 500_000;

/// Maximum number of steps of a search for a pattern of FeatBit or FeatureSignals. Such a search takes less than 50 ms. A pattern with a
/// table takes one step for each byte of the text, and has no limit.
pub(super) const MAX_STEPS: usize = 4_000_000;

/// Like [`MAX_WORK`], for a pattern of FeatBit or FeatureSignals that tests positions, such as one with a look-around. Such a search takes less
/// than 50 ms.
const MAX_POSITIONS_WORK: usize = 2_000_000;
