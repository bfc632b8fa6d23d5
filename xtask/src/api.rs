//! `cargo xtask api`: the committed lists of the public items of each library crate.

use crate::crates::Crates;
use crate::shell::Run;

/// Compares the lists with the code. `--write` rewrites them.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    match arguments {
        [] => check(),
        [flag] if flag == "--write" => start("write"),
        _ => Err("cargo xtask api [--write]".to_string()),
    }
}

pub(crate) fn check() -> Result<(), String> {
    start("check")
}

fn start(command: &str) -> Result<(), String> {
    let crates = Crates::read()?;
    let crates = crates.libraries().map(|(name, folder)| format!("{name}={folder}"));
    let arguments: Vec<String> = [command.to_string()].into_iter().chain(crates).collect();
    Run::new("cargo run --locked --quiet -p public-items --").args(&arguments).go()
}
