//! Many clients, contexts and threads, in a package of tests of their own.

use super::{TESTS, tree};

const ENDURANCE: &str = "endurance";

/// Builds the tests.
pub(crate) fn build() -> Result<(), String> {
    super::library::build()?;
    tree::swift(&format!("build --build-tests --quiet {TESTS}"), ENDURANCE)?.go()
}

/// Runs the tests, which were built.
pub(crate) fn run() -> Result<(), String> {
    let line = format!("test --skip-build --quiet --disable-swift-testing {TESTS}");
    tree::swift(&line, ENDURANCE)?.go()
}
