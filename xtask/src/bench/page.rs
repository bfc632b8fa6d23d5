//! What several benches share: the page with the tables, the machine, the payloads, and programs in Rust.

use std::fs;
use std::path::PathBuf;

use crate::shell::{Run, root, target_folder};

/// Replaces everything below the mark of a page, which names the command that writes it. Of the tables, those whose headings begin with one of
/// these texts stand on the page.
pub(crate) fn replace_tables(
    page: &str,
    command: &str,
    tables: &str,
    shown: &[&str],
) -> Result<(), String> {
    let path = root().join(page);
    let failed = |why: std::io::Error| format!("{page}: {why}");
    let text = fs::read_to_string(&path).map_err(failed)?;
    let mark = format!("<!-- everything below is written by `cargo xtask {command}` -->");
    let head = text.split_once(&mark).ok_or_else(|| format!("{page} has lost its mark"))?.0;
    let tables = tables_below(tables, shown);
    fs::write(&path, format!("{head}{mark}\n\n{tables}\n")).map_err(failed)
}

/// Returns a text without the sections whose headings begin with none of these texts.
fn tables_below(text: &str, headings: &[&str]) -> String {
    let mut kept = String::new();
    let mut is_shown = true;
    for line in text.lines() {
        if line.starts_with("# ") {
            is_shown = true;
        } else if let Some(heading) = line.strip_prefix("## ") {
            is_shown = headings.iter().any(|shown| heading.starts_with(shown));
        }
        if is_shown {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept.trim_end().to_string()
}

/// Builds the program that measures the Rust client.
pub(crate) fn build_rust_client() -> Result<PathBuf, String> {
    build_program("client")
}

/// Builds a program of the benches, and returns its path.
pub(crate) fn build_program(package: &str) -> Result<PathBuf, String> {
    let target = std::path::absolute(target_folder().join("benches"));
    let target = target.map_err(|why| why.to_string())?;
    Run::new(&format!("cargo build --locked --release -p {package} --target-dir"))
        .args(&[target.display().to_string()])
        .within("benches")
        .go()?;
    Ok(target.join("release").join(package))
}

/// Writes the payloads of the workloads into a folder.
pub(crate) fn write_payloads(folder: &str) -> Result<(), String> {
    Run::new("cargo run --locked --quiet -p workload --bin payloads --")
        .args(&[folder.to_string()])
        .within("benches")
        .go()
}

/// Returns the number of cores and the name of the processor.
pub(crate) fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let processor =
        processor.map_or("an unnamed processor", |name| name.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {processor}")
}
