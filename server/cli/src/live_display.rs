//! A display that is redrawn in place. It uses the terminal's alternate screen, so that the main screen is restored at the
//! end.

use std::io;

use crate::screen::Screen;

/// The sequence that switches to the alternate screen, hides the cursor, turns line wrapping off, and clears the screen.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const LEAVE: &str = "\x1b[?7h\x1b[?25h\x1b[?1049l";
/// The sequence that begins a frame. A terminal with synchronized output shows the text between `BEGIN` and `END` at once.
const BEGIN: &str = "\x1b[?2026h\x1b[H";
const END: &str = "\x1b[J\x1b[?2026l";
/// The sequence that clears the rest of a line.
const REST: &str = "\x1b[K";

pub(crate) struct Live<'s, 'w> {
    screen: &'s mut Screen<'w>,
    drawn: Vec<u8>,
    is_open: bool,
}

impl<'s, 'w> Live<'s, 'w> {
    /// Switches to the alternate screen.
    pub(crate) fn start(screen: &'s mut Screen<'w>) -> io::Result<Self> {
        let mut live = Self { screen, drawn: Vec::new(), is_open: false };
        live.enter()?;
        Ok(live)
    }

    /// Switches to the alternate screen. Does nothing if the display uses the alternate screen already.
    pub(crate) fn enter(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.is_open, true) {
            self.screen.raw().write_all(ENTER.as_bytes())?;
            self.screen.flush()?;
        }
        Ok(())
    }

    /// Draws a frame. `write` receives the number of rows of the terminal, or 24 if the size is unknown, and writes the lines
    /// of the frame. Lines beyond this number are not drawn.
    pub(crate) fn draw(
        &mut self,
        write: impl FnOnce(&mut Screen<'_>, usize) -> io::Result<()>,
    ) -> io::Result<()> {
        let (columns, rows) = terminal_size::terminal_size()
            .map_or((80, 24), |(columns, rows)| (usize::from(columns.0), usize::from(rows.0)));
        let mut drawn = Vec::new();
        write(&mut self.screen.onto(&mut drawn, columns), rows)?;
        self.screen.raw().write_all(&framed(&drawn, rows))?;
        self.screen.flush()?;
        self.drawn = drawn;
        Ok(())
    }

    /// Restores the main screen, and writes all lines of the last frame to it.
    pub(crate) fn end(mut self) -> io::Result<()> {
        self.leave()?;
        let drawn = std::mem::take(&mut self.drawn);
        self.screen.raw().write_all(&drawn)
    }

    /// Restores the main screen. The next [`Self::enter`] returns to the alternate screen.
    pub(crate) fn leave(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_open) {
            self.screen.raw().write_all(LEAVE.as_bytes())?;
            self.screen.flush()?;
        }
        Ok(())
    }
}

impl Drop for Live<'_, '_> {
    /// Restores the main screen and the cursor. Errors are ignored.
    fn drop(&mut self) {
        // If the terminal is closed, there is nothing to restore.
        let _ = self.leave();
    }
}

/// Returns the bytes that draw these lines over the previous frame. At most `rows` lines are drawn.
fn framed(lines: &[u8], rows: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(lines.len() + 256);
    out.extend_from_slice(BEGIN.as_bytes());
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
    for (index, line) in lines.split(|byte| *byte == b'\n').take(rows).enumerate() {
        if index > 0 {
            out.extend_from_slice(b"\r\n");
        }
        out.extend_from_slice(line);
        out.extend_from_slice(REST.as_bytes());
    }
    out.extend_from_slice(END.as_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_drawn_over_others_and_cut_at_the_bottom() {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        assert_eq!(
            text(framed(b"a\nb\nc\n", 2)),
            "\x1b[?2026h\x1b[Ha\x1b[K\r\nb\x1b[K\x1b[J\x1b[?2026l"
        );
        // There is no line feed after the last row, because it would scroll.
        assert_eq!(text(framed(b"a\n", 5)), "\x1b[?2026h\x1b[Ha\x1b[K\x1b[J\x1b[?2026l");
    }
}
