//! Tables whose columns are aligned by display width, and bars.

use std::io;

use anstyle::Style;

use crate::sanitize::{cut, visible, width};
use crate::screen::{PLAIN, QUIET, Screen};

/// The number of blanks between two columns.
const GAP: usize = 2;
/// The smallest width to which a column is cut, in terminal columns.
const NARROWEST: usize = 8;

/// The alignment of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A table that is written at once, when all its rows are known.
pub(crate) struct Table {
    titles: Vec<(String, Align)>,
    rows: Vec<Vec<(String, Style)>>,
}

impl Table {
    /// Creates a table with the titles and alignments of its columns.
    pub(crate) fn new(titles: impl IntoIterator<Item = (impl AsRef<str>, Align)>) -> Self {
        Self {
            titles: titles
                .into_iter()
                .map(|(title, align)| (visible(title.as_ref()).into_owned(), align))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row. Control characters in its cells are escaped.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = (String, Style)>) {
        let cells = cells.into_iter().map(|(text, style)| (visible(&text).into_owned(), style));
        self.rows.push(cells.collect());
    }

    fn widths(&self, columns: Option<usize>) -> Vec<usize> {
        let mut widths: Vec<usize> = self.titles.iter().map(|(title, _)| width(title)).collect();
        for row in &self.rows {
            for (cell, widest) in row.iter().zip(&mut widths) {
                *widest = (*widest).max(width(&cell.0));
            }
        }
        let Some(columns) = columns else {
            return widths;
        };
        let gaps = GAP * widths.len().saturating_sub(1);
        // If the table is too wide, the widest column shrinks to the width of the second widest, and so on, until the table
        // fits or these columns have the smallest width. Columns without a title are not cut. Some of them hold bars, and a
        // cut bar would show a wrong value.
        loop {
            let over = (widths.iter().sum::<usize>() + gaps).saturating_sub(columns);
            let titled = self.titles.iter().map(|(title, _)| !title.is_empty());
            let mut candidates: Vec<&mut usize> = widths
                .iter_mut()
                .zip(titled)
                .filter_map(|(width, titled)| titled.then_some(width))
                .collect();
            candidates.sort_unstable_by(|a, b| b.cmp(a));
            let mut candidates = candidates.into_iter();
            match candidates.next() {
                Some(widest) if over > 0 && *widest > NARROWEST => {
                    let next = candidates.next().map_or(0, |next| *next);
                    let shrunk = widest.saturating_sub(over).max(next).max(NARROWEST);
                    *widest = shrunk.min(*widest - 1);
                }
                _ => break,
            }
        }
        widths
    }

    /// Writes the titles and the rows. Each line begins with `indent` blanks.
    pub(crate) fn write(&self, screen: &mut Screen<'_>, indent: usize) -> io::Result<()> {
        let widths = self.widths(screen.width().map(|columns| columns.saturating_sub(indent)));
        let titles: Vec<(String, Style)> =
            self.titles.iter().map(|(title, _)| (title.clone(), QUIET)).collect();
        for row in std::iter::once(&titles).chain(&self.rows) {
            screen.text(PLAIN, &" ".repeat(indent))?;
            let mut owed = 0;
            for (((text, style), (_, align)), columns) in row.iter().zip(&self.titles).zip(&widths)
            {
                let text = cut(text, *columns);
                let free = columns - width(&text).min(*columns);
                let (before, after) = match align {
                    Align::Left => (0, free),
                    Align::Right => (free, 0),
                };
                // Blanks after a cell are written only before further text.
                if !text.is_empty() {
                    screen.text(PLAIN, &" ".repeat(owed + before))?;
                    screen.text(*style, &text)?;
                    owed = after + GAP;
                } else {
                    owed += columns + GAP;
                }
            }
            screen.end()?;
        }
        Ok(())
    }
}

/// Returns a bar for a fraction of one. The bar of the fraction 1 has `columns` columns. The resolution is an eighth of a
/// column. The bar of a fraction above 0 has at least an eighth.
pub(crate) fn bar(share: f64, columns: usize) -> String {
    const PARTS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (share.clamp(0.0, 1.0) * columns as f64 * 8.0).round() as usize;
    let part = PARTS.get(eighths % 8).copied().unwrap_or_default();
    let part = if eighths == 0 && share > 0.0 { "▏" } else { part };
    format!("{}{part}", "█".repeat(eighths / 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::ColorChoice;

    fn written(table: &Table, indent: usize) -> String {
        let mut out = Vec::new();
        table.write(&mut Screen::new(&mut out, ColorChoice::Never), indent).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned_in_every_script() {
        let mut table = Table::new([("NAME", Align::Left), ("N", Align::Right), ("", Align::Left)]);
        for (name, n, note) in [("利用者", "1", "x"), ("zoë", "100", ""), ("", "20", "y")] {
            table.row([name, n, note].map(|text| (text.to_string(), PLAIN)));
        }
        assert_eq!(
            written(&table, 1),
            " NAME      N\n 利用者    1  x\n zoë     100\n          20  y\n"
        );
    }

    #[test]
    fn the_widest_column_is_cut() {
        let mut table = Table::new([("A", Align::Left), ("B", Align::Left)]);
        table.row([("short".into(), PLAIN), ("x".repeat(100), PLAIN)]);
        assert_eq!(table.widths(Some(30)), [5, 23]);
        assert_eq!(table.widths(None), [5, 100]);
        let mut table = Table::new([("A", Align::Left), ("B", Align::Left), ("", Align::Left)]);
        table.row([("a".repeat(12), PLAIN), ("b".repeat(14), PLAIN), ("█".repeat(16), PLAIN)]);
        assert_eq!(table.widths(Some(42)), [11, 11, 16]);
        assert_eq!(table.widths(Some(10)), [8, 8, 16]);
    }

    #[test]
    fn bars() {
        assert_eq!(bar(0.0, 10), "");
        assert_eq!(bar(0.0001, 10), "▏");
        assert_eq!(bar(0.5, 3), "█▌");
        assert_eq!(bar(1.0, 3), "███");
    }
}
