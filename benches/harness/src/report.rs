use std::fmt::Write as _;

use serde_json::{Value, json};

/// A table: a title, column names and rows of text. The first column is the row's name.
#[derive(Debug, Clone)]
pub struct Table {
    /// A description of the figures.
    pub title: String,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, with a cell for each column.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// Creates an empty table.
    #[must_use]
    pub fn new(title: impl Into<String>, columns: &[&str]) -> Self {
        Self {
            title: title.into(),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
            rows: vec![],
        }
    }

    fn widths(&self) -> Vec<usize> {
        let width = |place: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(place));
            cells.chain([&self.columns[place]]).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        (0..self.columns.len()).map(width).collect()
    }

    fn terminal(&self, out: &mut String) {
        let widths = self.widths();
        let _ = writeln!(out, "\n{}", self.title);
        for row in [&self.columns].into_iter().chain(&self.rows) {
            for (place, cell) in row.iter().enumerate() {
                let width = widths[place];
                // Names are aligned to the left, figures to the right.
                let _ = match place {
                    0 => write!(out, "  {cell:<width$}"),
                    _ => write!(out, "  {cell:>width$}"),
                };
            }
            out.push('\n');
        }
    }

    fn markdown(&self, out: &mut String) {
        let _ = writeln!(out, "\n## {}\n", self.title);
        let _ = writeln!(out, "| {} |", self.columns.join(" | "));
        let rules: Vec<&str> =
            (0..self.columns.len()).map(|i| if i == 0 { "---" } else { "---:" }).collect();
        let _ = writeln!(out, "|{}|", rules.join("|"));
        for row in &self.rows {
            let _ = writeln!(out, "| {} |", row.join(" | "));
        }
    }
}

/// The results of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// The tables in their order.
    pub tables: Vec<Table>,
    /// Sentences below the tables.
    pub notes: Vec<String>,
    /// All figures for the JSON output: row, measure and value.
    pub figures: Vec<(String, String, f64)>,
}

impl Report {
    /// Adds a figure to the JSON output.
    pub fn figure(&mut self, row: &str, what: &str, value: f64) {
        self.figures.push((row.to_owned(), what.to_owned(), value));
    }

    /// Formats the report for a terminal.
    #[must_use]
    pub fn terminal(&self) -> String {
        let mut out = String::new();
        for table in &self.tables {
            table.terminal(&mut out);
        }
        for note in &self.notes {
            let _ = write!(out, "\n{note}");
        }
        out.push('\n');
        out
    }

    /// Formats the report as Markdown.
    #[must_use]
    pub fn markdown(&self, title: &str) -> String {
        let mut out = format!("# {title}\n");
        for note in &self.notes {
            let _ = write!(out, "\n{note}\n");
        }
        for table in &self.tables {
            table.markdown(&mut out);
        }
        out
    }

    /// Formats the figures as JSON, by row and measure. Times are in nanoseconds.
    #[must_use]
    pub fn json(&self) -> Value {
        let mut rows = serde_json::Map::new();
        for (row, what, value) in &self.figures {
            let row = rows.entry(row.clone()).or_insert_with(|| json!({}));
            row[what] = json!(value);
        }
        json!({"unit": "ns", "rows": rows, "notes": self.notes})
    }
}

/// Formats nanoseconds with three significant digits.
#[must_use]
pub fn nanos(value: f64) -> String {
    match value {
        v if v.is_nan() => "–".to_owned(),
        v if v < 10.0 => format!("{v:.2}"),
        v if v < 100.0 => format!("{v:.1}"),
        v if v < 100_000.0 => format!("{v:.0}"),
        v => format!("{:.0}k", v / 1000.0),
    }
}

/// Formats a ratio.
#[must_use]
pub fn multiple(value: f64) -> String {
    match value {
        v if v.is_nan() => "–".to_owned(),
        v if v < 10.0 => format!("{v:.2}×"),
        v => format!("{v:.1}×"),
    }
}

/// Formats a size in bytes.
#[must_use]
pub fn bytes(value: f64) -> String {
    if value < 10_000.0 { format!("{value:.0} B") } else { format!("{:.2} MB", value / 1e6) }
}
