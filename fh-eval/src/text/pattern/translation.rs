//! A pattern in the syntax of `regex-syntax`, as the readers of all languages of patterns return it.

use super::divergence::Divergence;
use super::look_around::Kind;

/// A pattern in the syntax of `regex-syntax`.
pub(super) struct Read {
    pub(super) text: String,
    /// The groups that replace a look-around, or an escape whose meaning depends on its position, each with its byte offset in `text`.
    /// The offsets ascend.
    pub(super) marks: Vec<(usize, Mark)>,
    /// The constructs that SDKs read differently, each once.
    pub(super) divergences: Vec<Divergence>,
}

/// The meaning of a group that replaces something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// The line break `\R`.
    LineBreak,
    /// The end of the text, `\Z`.
    End,
    /// A look-around.
    LookAround(Kind),
}
