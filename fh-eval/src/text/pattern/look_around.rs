//! Look-arounds of patterns: tests of the text before or after a position, such as `(?=…)` and `(?<!…)`.

use std::ops::Range;

use regex_syntax::hir::{Capture, Hir};

use super::cursor::take;
use super::divergence::Divergence;

/// The side of a position that a look-around tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The text after the position: `(?=…)`, `(?!…)`.
    Ahead,
    /// The text before the position: `(?<=…)`, `(?<!…)`.
    Behind,
}

/// A kind of look-around.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) side: Side,
    pub(super) is_negated: bool,
}

impl Kind {
    /// Takes the beginning of a look-around after its `(?`. Returns `None` for any other group.
    pub(super) fn take(rest: &mut &str) -> Option<Self> {
        let kinds = [("=", Side::Ahead, false), ("!", Side::Ahead, true)];
        let behind = [("<=", Side::Behind, false), ("<!", Side::Behind, true)];
        let mut kinds = kinds.into_iter().chain(behind);
        kinds
            .find(|(opening, ..)| take(rest, opening))
            .map(|(_, side, is_negated)| Self { side, is_negated })
    }

    pub(super) const fn divergence(self) -> Divergence {
        match (self.side, self.is_negated) {
            (Side::Ahead, false) => Divergence::LookAhead,
            (Side::Ahead, true) => Divergence::NegativeLookAhead,
            (Side::Behind, false) => Divergence::LookBehind,
            (Side::Behind, true) => Divergence::NegativeLookBehind,
        }
    }
}

/// A look-around of a pattern.
#[derive(Debug)]
pub(super) struct LookAround {
    pub(super) kind: Kind,
    pub(super) inside: Expression,
    /// The bytes of the group in the text of the pattern in the small language.
    pub(super) group: Range<usize>,
}

/// A pattern in the small language, or a part of one.
#[derive(Debug)]
pub(super) struct Expression {
    /// The tree. Each look-around is a capture with its number and without contents.
    pub(super) tree: Hir,
    /// The bytes of the expression in the text of the pattern in the small language.
    pub(super) text: Range<usize>,
    /// True if the text, without look-arounds, means the same as the tree. A test of a position such as a `\Z` in the middle of a pattern has
    /// no text.
    pub(super) is_plain: bool,
}

impl Expression {
    pub(super) fn has_look_around(&self) -> bool {
        self.tree.properties().explicit_captures_len() > 0
    }
}

/// Returns the tree of a look-around, as a part of the tree around it.
pub(super) fn reference(number: usize) -> Hir {
    let index = u32::try_from(number).unwrap_or(u32::MAX);
    Hir::capture(Capture { index, name: None, sub: Box::new(Hir::empty()) })
}
