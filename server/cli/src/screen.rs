//! The output of commands: styled text, and paragraphs folded at the terminal's width.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use fh_eval::{Line, Mark};

use crate::sanitize::{visible, width};

/// The condition under which output has colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    // Colours on a terminal, unless NO_COLOR is set and not empty, or TERM is `dumb`. This is no doc comment, because clap
    // would print it in the help texts.
    #[default]
    Auto,
    Always,
    Never,
}

pub(crate) const PLAIN: Style = Style::new();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const QUIET: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default();
pub(crate) const BAR: Style = AnsiColor::Cyan.on_default();

/// The width in columns that is assumed if the terminal's width is unknown, or if there is no terminal but lines have to be
/// folded.
pub(crate) const USUAL_WIDTH: usize = 80;

/// The output of a command, with or without colours, and with the width at which paragraphs are folded.
pub(crate) struct Screen<'w> {
    out: &'w mut dyn Write,
    colour: bool,
    width: Option<usize>,
    is_terminal: bool,
}

impl<'w> Screen<'w> {
    /// Creates a screen that writes to `out`. The width, and the colours with [`ColorChoice::Auto`], depend on whether stdout
    /// is a terminal.
    pub(crate) fn new(out: &'w mut dyn Write, colour: ColorChoice) -> Self {
        let terminal = io::stdout().is_terminal();
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = terminal
            .then(terminal_size::terminal_size)
            .flatten()
            .map(|(width, _)| usize::from(width.0).max(40));
        Self {
            out,
            colour: match colour {
                ColorChoice::Always => true,
                ColorChoice::Never => false,
                ColorChoice::Auto => terminal && !set("NO_COLOR") && !dumb,
            },
            width: width.or(terminal.then_some(USUAL_WIDTH)),
            // A dumb terminal has no alternate screen, and cannot move the cursor.
            is_terminal: terminal && !dumb,
        }
    }

    /// Returns a screen that writes to `out` and folds paragraphs at `columns`.
    pub(crate) fn onto<'o>(&self, out: &'o mut dyn Write, columns: usize) -> Screen<'o> {
        Screen { out, width: Some(columns), colour: self.colour, is_terminal: self.is_terminal }
    }

    /// Returns true if stdout is a terminal and the environment variable TERM is not `dumb`.
    pub(crate) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    /// Flushes the underlying writer.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// Returns the width at which paragraphs are folded and tables are cut, in columns. `None` means that they are neither
    /// folded nor cut.
    pub(crate) const fn width(&self) -> Option<usize> {
        self.width
    }

    /// Sets the width to [`USUAL_WIDTH`] if the screen has no width.
    pub(crate) fn assume_usual_width(&mut self) {
        self.width = self.width.or(Some(USUAL_WIDTH));
    }

    /// Returns the underlying writer, which escapes nothing.
    pub(crate) fn raw(&mut self) -> &mut dyn Write {
        self.out
    }

    /// Writes styled text without an end of line. Control characters are escaped.
    pub(crate) fn text(&mut self, style: Style, text: &str) -> io::Result<()> {
        let text = visible(text);
        if self.colour && style != PLAIN && !text.is_empty() {
            write!(self.out, "{style}{text}{style:#}")
        } else {
            self.out.write_all(text.as_bytes())
        }
    }

    /// Writes the end of a line.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// Writes one line of styled text. Control characters are escaped.
    pub(crate) fn line(&mut self, style: Style, text: &str) -> io::Result<()> {
        self.text(style, text)?;
        self.end()
    }

    /// Writes a paragraph. `lead` precedes its first line. The other lines are indented by the width of `lead`.
    pub(crate) fn paragraph(&mut self, style: Style, lead: &str, text: &str) -> io::Result<()> {
        let text = visible(text);
        let indent = width(lead);
        let lines = match self.width {
            Some(columns) => fold(&text, columns.saturating_sub(indent).max(20)),
            None => vec![text.to_string()],
        };
        for (index, line) in lines.iter().enumerate() {
            if index == 0 {
                self.text(style, lead)?;
            } else {
                self.text(PLAIN, &" ".repeat(indent))?;
            }
            self.line(style, line)?;
        }
        Ok(())
    }

    /// Continues a paragraph on a line whose first `used` columns are used already. The following lines begin with `lead`.
    pub(crate) fn hanging(
        &mut self,
        style: Style,
        used: usize,
        lead: &str,
        text: &str,
    ) -> io::Result<()> {
        let text = visible(text);
        let first = "x".repeat(used.saturating_sub(width(lead)));
        let lines = match self.width {
            // The folding counts the used columns as part of the first word.
            Some(columns) => {
                fold(&format!("{first}{text}"), columns.saturating_sub(width(lead)).max(20))
            }
            None => vec![format!("{first}{text}")],
        };
        for (index, line) in lines.iter().enumerate() {
            match index {
                0 => self.line(style, line.strip_prefix(&first).unwrap_or(line))?,
                _ => {
                    self.text(PLAIN, lead)?;
                    self.line(style, line)?;
                }
            }
        }
        Ok(())
    }

    /// Writes the explanation of an evaluation, one paragraph per line of the report.
    pub(crate) fn lines(&mut self, lines: &[Line]) -> io::Result<()> {
        for line in lines {
            let (style, sign) = match line.mark {
                Mark::Answer => (BOLD, ""),
                Mark::Good => (GOOD, "✓ "),
                Mark::Bad => (BAD, "✗ "),
                Mark::Warning => (WARNING, "! "),
                _ => (QUIET, "· "),
            };
            let lead = format!("{}{sign}", "  ".repeat(line.indent));
            self.paragraph(style, &lead, &line.text)?;
        }
        Ok(())
    }

    /// Flushes the output, and then writes a message to stderr.
    pub(crate) fn aside(&mut self, text: &str) -> io::Result<()> {
        self.out.flush()?;
        // If stderr is closed, the message is lost, but the command goes on.
        let _ = writeln!(io::stderr(), "{}", visible(text));
        Ok(())
    }
}

/// Breaks a text into lines at its blanks. A word that is longer than a line is not broken, so that the word can be copied.
fn fold(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let needed = width(word);
        match lines.last_mut() {
            Some(line) if used == 0 || used + 1 + needed <= columns => {
                if used > 0 {
                    line.push(' ');
                    used += 1;
                }
                line.push_str(word);
                used += needed;
            }
            _ => {
                lines.push(word.to_string());
                used = needed;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn folds_at_blanks_only() {
        assert_eq!(fold("one two three", 7), ["one two", "three"]);
        assert_eq!(fold("short", 7), ["short"]);
        assert_eq!(fold("a verylongword b", 5), ["a", "verylongword", "b"]);
    }
}
