//! Mutants of the packages, each of which the test of its table must find. A mutant that panics must become an exception.

use std::path::{Path, PathBuf};

use super::maven::PACKAGE;
use crate::mutants::tested::{Tested, TestedPackage};
use crate::mutants::write_if_changed;
use crate::shell::Run;

/// The file of the library on Linux.
const LIBRARY: &str = "libfh_jni.so";
const FAILED: &str = "FAILURE!";

/// The packages with their mutants. Each test is a class of the module `client` with the beginning of the test's name.
const PACKAGES: TestedPackage = TestedPackage { folder: PACKAGE, copies: "kotlin" };

/// Applies each mutant in turn, or those with these names, and fails if a test does not find one.
pub(crate) fn run(names: &[&str]) -> Result<(), String> {
    let copy = PACKAGES.write_copy()?;
    let (printed, outcome) = maven(&copy, "test-compile")?;
    outcome.map_err(|why| format!("{why}\n{printed}"))?;
    PACKAGES.find_all(names, finds)
}

/// Returns true if the test of a mutant, which was applied to the copy, finds it.
fn finds(mutant: &Tested<'_>, copy: &Path) -> Result<bool, String> {
    let library = PACKAGES.build_library(copy, "fh-jni", LIBRARY)?;
    let bytes = std::fs::read(library).map_err(|why| why.to_string())?;
    write_if_changed(&native(copy).join(LIBRARY), &bytes)?;
    let goals = if mutant.is_native { "surefire:test" } else { "-am test" };
    let (printed, outcome) = maven(copy, &format!("'-Dtest={}' {goals}", mutant.test))?;
    if printed.contains("COMPILATION ERROR") || printed.contains("Compilation failure") {
        return Err(format!("{}: the mutant does not compile: {printed}", mutant.name));
    }
    Ok(outcome.is_err() && printed.contains(mutant.found.unwrap_or(FAILED)))
}

/// Returns the folder of the library that the tests of the copy load.
fn native(copy: &Path) -> PathBuf {
    let system = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    copy.join("native").join(system)
}

/// Runs goals of Maven with the module `client` of the copy. Returns the standard output and the standard error, to which a panic on a thread
/// of the package is written.
fn maven(copy: &Path, goals: &str) -> Result<(String, Result<(), String>), String> {
    let line = format!(
        "mvn -B -q -Dstyle.color=never -Dsurefire.useFile=false -Dsurefire.failIfNoSpecifiedTests=false \
         -Dfh.native='{}' '-Dfh.arguments=-Dfh.client.library={}' -pl client {goals} 2>&1",
        copy.join("native").display(),
        native(copy).join(LIBRARY).display(),
    );
    Run::new("sh -c").args(&[line]).in_folder(&copy.join(PACKAGE)).capture()
}
