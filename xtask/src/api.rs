//! `cargo xtask api`: the committed list of the public items of `fh-client`, which the bindings follow.

use crate::shell::Run;

/// Compares the list with the code. `--write` rewrites it.
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
    Run::new(&format!(
        "cargo run --locked --quiet -p public-items -- {command} fh-client=fh-client"
    ))
    .go()
}
