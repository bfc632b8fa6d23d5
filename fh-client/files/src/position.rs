//! Positions in a text.

use std::fmt;

/// A position in a text. Lines and columns are counted from 1; columns are counted in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The number of the line in the text.
    pub line: usize,
    /// The number of the character in its line.
    pub column: usize,
}

impl Position {
    /// The position of the first character of a text.
    pub const START: Self = Self { line: 1, column: 1 };
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The error for a text that cannot be read as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The position in the text at which the mistake was found.
    pub position: Position,
    /// A description of the mistake, without the position.
    pub what: String,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.what)
    }
}

impl std::error::Error for SyntaxError {}
