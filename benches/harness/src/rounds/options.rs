//! Options that both programs share.

use std::path::PathBuf;

use crate::report::{Report, write};

/// How much is measured, and where the tables go.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Interleaved rounds per run.
    #[arg(long, default_value_t = 60)]
    pub rounds: usize,
    /// Whole runs; the figure is the median of their medians.
    #[arg(long, default_value_t = 1)]
    pub runs: usize,
    /// 12 rounds, 15 cold calls, fewer loads: a first impression in two minutes.
    #[arg(long)]
    pub quick: bool,
    /// Writes every figure as JSON.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Writes the tables as Markdown.
    #[arg(long, value_name = "FILE")]
    pub markdown: Option<PathBuf>,
    /// Only rows whose name contains this text, the floor's always.
    #[arg(long, value_name = "TEXT")]
    pub only: Option<String>,
    /// Measures the heap of one engine in this process, for the parent.
    #[arg(long, hide = true, value_name = "ROW")]
    pub heap_of: Option<String>,
}

impl Options {
    /// Returns the number of rounds of hot calls.
    #[must_use]
    pub fn hot_rounds(&self) -> usize {
        if self.quick { self.rounds.min(12) } else { self.rounds }
    }
    /// Returns the number of rounds of cold calls.
    #[must_use]
    pub fn cold_rounds(&self) -> usize {
        if self.quick { 15 } else { 80 }
    }
    /// Returns the number of loads of 1,000 flags. A fifth of it is used for 10,000 flags.
    #[must_use]
    pub fn loads(&self) -> usize {
        if self.quick { 10 } else { 30 }
    }
    /// Returns the number of repetitions with one and two threads.
    #[must_use]
    pub fn thread_repetitions(&self) -> usize {
        if self.quick { 10 } else { 40 }
    }
    /// Returns true if the row is to be measured.
    #[must_use]
    pub fn wants(&self, row: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|text| row.contains(text.as_str()) || row.starts_with("floor"))
    }

    /// Prints the tables, and writes the requested files.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, report: &Report, title: &str) -> Result<(), String> {
        let tables = report.markdown(title);
        println!("{tables}");
        write(self.json.as_deref(), &format!("{:#}\n", report.json()))?;
        write(self.markdown.as_deref(), &tables)
    }
}
