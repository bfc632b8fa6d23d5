//! Tables, and the page into which they are written.

use std::fmt;
use std::path::Path;
use std::process::Command;

use crate::servers::Peer;

pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(ToString::to_string).collect()] }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows[0].len();
        let cell =
            |row: usize, column: usize| self.rows[row].get(column).map_or("", String::as_str);
        let width = |column| {
            (0..self.rows.len()).map(|row| cell(row, column).chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in 0..self.rows.len() {
            for (column, width) in widths.iter().enumerate() {
                write!(out, "| {:1$} ", cell(row, column), width)?;
            }
            writeln!(out, "|")?;
            if row == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let end = if column == 0 { "-" } else { ":" };
                    write!(out, "|-{}{end}", "-".repeat(*width))?;
                }
                writeln!(out, "|")?;
            }
        }
        Ok(())
    }
}

/// Returns the median.
pub fn middle(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the date, the processor and the version of the peer.
fn circumstances(peer: &Peer) -> String {
    let date = Command::new("date").args(["-u", "+%F"]).output();
    let date = date.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_string());
    let processor = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "Measured on {} on {cores} cores of {}, {}.",
        date.unwrap_or_default(),
        processor.map_or("an unnamed processor", |name| name.trim_start_matches([' ', '\t', ':'])),
        peer.name().map_or("without `unleash-edge`".to_string(), |name| format!("with {name}"))
    )
}

/// Replaces the text between the marks of `part` in the page.
pub fn publish(page: &Path, part: &str, peer: &Peer, text: &str) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{}: {why}", page.display());
    let old = std::fs::read_to_string(page).map_err(failed)?;
    let (begin, end) =
        (format!("<!-- {part}: written by the bench -->"), format!("<!-- end of {part} -->"));
    let parts =
        old.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) =
        parts.ok_or_else(|| format!("{} has no marks of {part}", page.display()))?;
    std::fs::write(
        page,
        format!("{before}{begin}\n\n{}\n\n{text}{end}{after}", circumstances(peer)),
    )
    .map_err(failed)
}
