//! `cargo xtask web shop` and the like: run an example until Ctrl-C.

use std::path::Path;

use crate::shell::root;
use crate::workspace::binary;

use super::build::{DESCRIPTION, LOADED, build_once};
use super::node;

/// Builds the playground as static files into a folder. The engine is built if there is none.
pub(crate) fn build_playground(folder: &Path) -> Result<(), String> {
    if !root().join(LOADED).join(DESCRIPTION).is_file() {
        build_once()?;
    }
    node::in_workspace("npm run --silent playground")
        .env("FH_PLAYGROUND", &folder.display().to_string())
        .go()
}

/// Builds the engines and the program `fh`, then runs the npm script of an example.
pub(crate) fn run(name: &str) -> Result<(), String> {
    node::prepare()?;
    build_once()?;
    node::in_workspace(&format!("npm run --silent {name}"))
        .env("FH", &binary("fh")?.display().to_string())
        .go()
}
