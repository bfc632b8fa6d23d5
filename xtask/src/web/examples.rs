//! `cargo xtask web shop` and the like: run an example until Ctrl-C.

use crate::workspace::binary;

use super::build::build_once;
use super::node;

/// Builds the engines and the program `fh`, then runs the npm script of an example.
pub(crate) fn run(name: &str) -> Result<(), String> {
    node::prepare()?;
    build_once()?;
    node::in_workspace(&format!("npm run --silent {name}"))
        .env("FH", &binary("fh")?.display().to_string())
        .go()
}
