//! `cargo xtask bench swift`: measures the package for Swift beside the Rust client, and writes the tables of `docs/project/performance-swift.md`.

use std::fs;

use super::tree::{BUILD, Folders};
use super::{library, prepare};
use crate::bench::page::{build_rust_client, circumstances, publish, write_payloads};
use crate::shell::root;

const PAGE: &str = "docs/project/performance-swift.md";
const BENCH: &str = "bench";

/// Builds the library as it ships, the package with it, and the Rust client, and measures. Without arguments, replaces the tables of the page;
/// with `--quick`, prints the tables only.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let is_quick = match arguments {
        [] => false,
        [only] if only == "--quick" => true,
        _ => return Err("cargo xtask bench swift [--quick]".to_string()),
    };
    prepare()?;
    let folders = Folders::named("bench", root())?;
    library::build_release(&folders)?;
    folders.swift("build --quiet -c release", BENCH)?.go()?;
    let payloads = folders.build.join("payloads").display().to_string();
    write_payloads(&payloads)?;
    let client = folders.build.join("client");
    fs::copy(build_rust_client()?, &client)
        .map_err(|why| format!("{}: {why}", client.display()))?;
    let path = |name: &str| format!("{BUILD}/{name}");
    let (payloads, client, tables) = (path("payloads"), path("client"), path("tables.md"));
    let effort: &[&str] = if is_quick { &["--quick"] } else { &["--markdown", &tables] };
    let program = format!("{BUILD}/{BENCH}/release/{BENCH}");
    folders.run(&[&[program.as_str(), &payloads, &client], effort].concat())?.go()?;
    if is_quick {
        return Ok(());
    }
    let swift = folders.run(&["swift", "--version"])?.output()?;
    let tables = folders.build.join("tables.md");
    publish(PAGE, "bench swift", &circumstances(&swift, &[])?, &[tables], &["Goals", "Beside Rust"])
}
