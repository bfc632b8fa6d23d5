//! Many clients, contexts and threads, in a package of tests of their own. Those of several threads run with the thread sanitizer.

use super::tree::Folders;
use super::{library, tree};
use crate::shell::root;

const ENDURANCE: &str = "endurance";
const RUN: &str = "test --skip-build --quiet --disable-swift-testing --filter";

/// Builds the tests, and again with the thread sanitizer.
pub(crate) fn build() -> Result<(), String> {
    library::build()?;
    let warnings = "-Xswiftc -warnings-as-errors";
    tree::swift(&format!("build --build-tests --quiet {warnings}"), ENDURANCE)?.go()?;
    let sanitized = sanitized()?;
    library::build_for(&sanitized)?;
    sanitized.swift("build --build-tests --quiet --sanitize thread", ENDURANCE)?.go()
}

/// Runs the tests, which were built. The sanitizer uses too much memory for those that measure memory.
pub(crate) fn run() -> Result<(), String> {
    tree::swift(&format!("{RUN} MemoryTests"), ENDURANCE)?.go()?;
    sanitized()?.swift(&format!("{RUN} CloseTests --sanitize thread"), ENDURANCE)?.go()
}

fn sanitized() -> Result<Folders, String> {
    Folders::named("sanitized", root())
}
