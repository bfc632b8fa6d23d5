//! The lines of the text of a report.

use std::fmt;

/// The meaning of a line of a report's text, for programs that colour lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mark {
    /// The line shows the evaluated value.
    Answer,
    /// The line shows that a strategy matched, that a rule held, or that the default value is used.
    Good,
    /// The line shows that a strategy or a rule failed.
    Bad,
    /// The line shows that a strategy or a rule was not evaluated, or that the default value is not used.
    Quiet,
    /// The line shows a diagnostic, or a strategy with the outcome [`Outcome::Invalid`](super::Outcome::Invalid).
    Warning,
}

/// One line of the text of a report.
#[derive(Debug, Clone)]
pub struct Line {
    /// Number of levels by which the line is indented.
    pub indent: usize,
    /// The meaning of the line, for programs that colour lines.
    pub mark: Mark,
    /// The text of the line, without indentation.
    pub text: String,
}

/// Writes lines with two blanks per level of indentation.
pub(crate) fn write(f: &mut fmt::Formatter<'_>, lines: &[Line]) -> fmt::Result {
    for (index, line) in lines.iter().enumerate() {
        let end = if index == 0 { "" } else { "\n" };
        write!(f, "{end}{}{}", "  ".repeat(line.indent), line.text)?;
    }
    Ok(())
}
