//! The package for Swift: its build and its tests, in a chroot with the Swift of Debian.

pub(crate) mod adapter;
pub(crate) mod apple;
pub(crate) mod bench;
mod check;
pub(crate) mod conformance;
pub(crate) mod endurance;
mod examples;
mod hello;
mod library;
pub(crate) mod mutants;
mod package;
pub(crate) mod shipped;
mod tree;

use crate::built_from::BuiltFrom;
use crate::output::say;
use crate::workspace::binary;

use self::tree::{Folders, PACKAGE, TESTS};
pub(crate) use self::tree::{launcher, prepare};

/// Builds the native library without optimization, and the package with its tests, unless nothing has changed. A warning is an error.
pub(crate) fn build() -> Result<(), String> {
    library::build()?;
    let built = built_from()?;
    if built.is_current()? {
        say!("    the package is built from the present files");
        return Ok(());
    }
    tree::swift(&format!("build --build-tests --quiet {TESTS}"), "")?.go()?;
    hello::build()?;
    adapter::build()?;
    package::build_tested()?;
    built.write()
}

/// Returns the record of the package. A changed library has deleted the programs.
fn built_from() -> Result<BuiltFrom, String> {
    let folders = Folders::ordinary()?;
    let programs = library::LINKED.iter().map(|program| folders.build.join(program));
    let further = library::generated().into_iter().chain([package::tested()?.folder]);
    let record = folders.build.join("built-from.txt");
    let further = further.chain(programs).collect();
    Ok(BuiltFrom { record, package: PACKAGE, further })
}

/// Runs the tests of the package, which was built, the program `hello`, the examples of the pages, and a part of the conformance suite.
pub(crate) fn test() -> Result<(), String> {
    let tests = format!("test --skip-build --quiet --disable-swift-testing {TESTS}");
    let featbit = tree::with_program(&binary("fh-test-featbit")?)?;
    tree::swift(&tests, "")?.env("FH_TEST_FEATBIT", &featbit).go()?;
    hello::run()?;
    examples::run(&package::tested()?)?;
    conformance::run()
}
