//! The trial of the package on an interpreter: the examples of the pages and the tests of forks, and their outcome.

use std::path::{Path, PathBuf};

use super::{PACKAGE, smoke};
use crate::shell::Run;

const FORK_TESTS: [&str; 2] = ["test_fork.py", "test_fork_functions.py"];
pub(super) const REQUIREMENTS: &str = "bindings/python/wheels/matrix-requirements.txt";
/// The arguments with which pip installs the packages of the tests.
pub(super) const INSTALL: &str =
    "-m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r";

/// A row of the table: an interpreter, and what came of its tests.
pub(super) struct Row {
    pub(super) version: String,
    pub(super) origin: String,
    pub(super) outcome: String,
    pub(super) has_failed: bool,
}

/// The wheel under test, and the server of the tests.
pub(super) struct Tried {
    pub(super) folder: PathBuf,
    pub(super) wheel: PathBuf,
    pub(super) fh: PathBuf,
}

impl Row {
    /// Returns the row of tests that returned pytest's count of the tests, or the reason of a failure.
    pub(super) fn new(version: String, origin: &str, tests: Result<String, String>) -> Self {
        let last = |text: &str| text.lines().last().unwrap_or_default().to_string();
        let has_failed = tests.is_err();
        let outcome = tests.map_or_else(|why| format!("failed: {}", last(&why)), |it| last(&it));
        Self { version, origin: origin.to_string(), outcome, has_failed }
    }

    /// Returns the row of an interpreter that could not be had.
    pub(super) fn not_tried(version: &str, origin: &str, why: &str) -> Self {
        let (version, origin) = (version.to_string(), origin.to_string());
        let why = why.lines().last().unwrap_or_default();
        Self { version, origin, outcome: format!("not tried: {why}"), has_failed: false }
    }

    pub(super) fn is_of(&self, version: &str) -> bool {
        self.version.starts_with(&format!("{version}."))
    }
}

/// Runs the examples and the fork tests with an interpreter, below a folder with the pages and the package. Returns pytest's count of the tests.
pub(super) fn test(pages: &Path, python: impl Fn(&str) -> Run) -> Result<String, String> {
    let package = pages.join(PACKAGE);
    python("").args(&smoke(pages, &package)).go()?;
    let tests = FORK_TESTS.map(|test| package.join("tests").join(test).display().to_string());
    let (output, outcome) = python(" -m pytest -q -p no:cacheprovider").args(&tests).capture()?;
    print!("{output}");
    let counts = output.lines().last().unwrap_or_default().trim_matches('=').trim().to_string();
    outcome.map(|()| counts.clone()).map_err(|why| format!("{why}\n{counts}"))
}
