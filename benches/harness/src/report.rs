use std::fmt::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

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
}

/// Writes the table as Markdown whose columns are aligned for a terminal.
impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = || [&self.columns].into_iter().chain(&self.rows);
        let cell = |row: &'_ Vec<String>, place: usize| row.get(place).cloned().unwrap_or_default();
        let width = |place| lines().map(|row| cell(row, place).chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        for (number, row) in lines().enumerate() {
            for (place, width) in widths.iter().enumerate() {
                write!(out, "| {:width$} ", cell(row, place))?;
            }
            writeln!(out, "|")?;
            if number == 0 {
                for (place, width) in widths.iter().enumerate() {
                    write!(out, "|-{:-<width$}{}", "", if place == 0 { "-" } else { ":" })?;
                }
                writeln!(out, "|")?;
            }
        }
        Ok(())
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

    /// Formats the report as Markdown.
    #[must_use]
    pub fn markdown(&self, title: &str) -> String {
        let mut out = format!("# {title}\n");
        for note in &self.notes {
            let _ = write!(out, "\n{note}\n");
        }
        out + &self.sections("##")
    }

    /// Formats the tables, each below a heading with this mark.
    #[must_use]
    pub fn sections(&self, mark: &str) -> String {
        let section = |table: &Table| format!("\n{mark} {}\n\n{table}", table.title);
        self.tables.iter().map(section).collect()
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

/// Prints the error of a program, if it has failed, and returns how it ends.
#[must_use]
pub fn end(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Writes a text, if there is a file for it.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: Option<&Path>, text: &str) -> Result<(), String> {
    let Some(path) = path else { return Ok(()) };
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
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
