//! What several benches share: the page with the tables, the machine, the payloads, and programs in Rust.

use std::fs;
use std::path::PathBuf;

use crate::shell::{Run, root, target_folder};

/// Replaces everything below the mark of a page, which names the command that writes it. Of the tables in the files, those whose headings begin
/// with one of these texts stand on the page.
pub(crate) fn publish(
    page: &str,
    command: &str,
    circumstances: &str,
    tables: &[PathBuf],
    shown: &[&str],
) -> Result<(), String> {
    let mark = format!("<!-- everything below is written by `cargo xtask {command}` -->");
    let text = fs::read_to_string(root().join(page)).map_err(|why| format!("{page}: {why}"))?;
    let head = text.split_once(&mark).ok_or_else(|| format!("{page} has lost its mark"))?.0;
    let tables = tables_below(&read(tables)?, shown);
    fs::write(root().join(page), format!("{head}{mark}\n\n{circumstances}\n\n{tables}\n"))
        .map_err(|why| format!("{page}: {why}"))
}

/// Replaces the text between the marks of a part of a page.
pub(super) fn publish_part(
    page: &str,
    part: &str,
    circumstances: &str,
    tables: PathBuf,
) -> Result<(), String> {
    let text = fs::read_to_string(root().join(page)).map_err(|why| format!("{page}: {why}"))?;
    let marks =
        [format!("<!-- {part}: written by the bench -->"), format!("<!-- end of {part} -->")];
    let [begin, end] = &marks;
    let halves = text.split_once(begin).zip(text.split_once(end));
    let ((before, _), (_, after)) = halves.ok_or_else(|| format!("{page} has lost its marks"))?;
    let tables = read(&[tables])?;
    fs::write(
        root().join(page),
        format!("{before}{begin}\n\n{circumstances}\n{tables}\n{end}{after}"),
    )
    .map_err(|why| format!("{page}: {why}"))
}

fn read(files: &[PathBuf]) -> Result<String, String> {
    let read = |file: &PathBuf| {
        fs::read_to_string(file).map_err(|why| format!("{}: {why}", file.display()))
    };
    files.iter().map(read).collect::<Result<Vec<_>, _>>().map(|texts| texts.join("\n"))
}

/// Returns the sentences above the tables of a page: the date, the tool that runs the bench, the machine with its load, and versions.
pub(crate) fn circumstances(tool: &str, versions: &[String]) -> Result<String, String> {
    let date = Run::new("date -u +%F").output()?;
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let versions = match versions {
        [] => String::new(),
        versions => format!(" Versions: {}.", versions.join(", ")),
    };
    Ok(format!(
        "Measured on {} with {}, on {}. The mean load of the last 15 minutes was {}.{versions}",
        date.trim(),
        tool.lines().next().unwrap_or_default().trim(),
        machine(),
        load.split_whitespace().nth(2).unwrap_or("unknown"),
    ))
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

/// Returns the options that build one program of the package `bench`.
pub(super) fn only(program: &str) -> String {
    format!("-p bench --no-default-features --features {program} --bin {program}")
}

/// Builds a program of the benches, and returns its path.
pub(crate) fn build_program(program: &str) -> Result<PathBuf, String> {
    let target = std::path::absolute(target_folder().join("benches"));
    let target = target.map_err(|why| why.to_string())?;
    Run::new(&format!("cargo build --locked --release {} --target-dir", only(program)))
        .args(&[target.display().to_string()])
        .within("benches")
        .go()?;
    Ok(target.join("release").join(program))
}

/// Writes the payloads of the workloads into a folder.
pub(crate) fn write_payloads(folder: &str) -> Result<(), String> {
    Run::new("cargo run --locked --quiet -p harness --no-default-features --bin payloads --")
        .args(&[folder.to_string()])
        .within("benches")
        .go()
}

/// Returns the number of cores and the name of the processor.
fn machine() -> String {
    let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let processor = processor.lines().find_map(|line| line.strip_prefix("model name"));
    let processor =
        processor.map_or("an unnamed processor", |name| name.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {processor}")
}
