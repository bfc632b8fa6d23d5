//! Mutants of the package, each of which the test of its table must find.

use std::path::Path;

use super::library;
use super::tree::{Folders, PACKAGE, TESTS};
use crate::mutants::tested::{Tested, TestedPackage};

/// The package with its mutants. Each test is a class with a test.
const MUTATED: TestedPackage = TestedPackage { folder: PACKAGE, copies: "swift" };

/// The crate of the native library.
const NATIVE: &str = "fh-uniffi";
/// The beginning of a failed assertion.
const FAILED: &str = " : XCTAssert";

/// Applies each mutant in turn, or those with these names, and fails if a test does not find one.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let copy = MUTATED.write_copy()?;
    library::generate(&MUTATED.build_library(&copy, NATIVE, library::LIBRARY)?, &copy)?;
    MUTATED.find_all(names, finds)
}

/// Returns true if the test of a mutant, which was applied to the copy, finds it.
fn finds(mutant: &Tested<'_>, copy: &Path) -> Result<bool, String> {
    let folders = Folders::named("mutants-swift", copy.to_owned())?;
    library::install(&MUTATED.build_library(copy, NATIVE, library::LIBRARY)?, &folders)?;
    let build = folders
        .swift_into_output("build --build-tests --quiet -Xlinker --allow-shlib-undefined")?;
    let (printed, outcome) = build.capture()?;
    outcome
        .map_err(|why| format!("{}: the mutant does not compile: {why}\n{printed}", mutant.name))?;
    let line =
        format!("test --skip-build --disable-swift-testing {TESTS} --filter {}", mutant.test);
    let (printed, outcome) = folders.swift_into_output(&line)?.capture()?;
    Ok(outcome.is_err() && printed.contains(mutant.found.unwrap_or(FAILED)))
}
