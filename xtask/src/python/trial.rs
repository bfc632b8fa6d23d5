//! The trial of the package on an interpreter: the examples of the pages and the tests of forks, and their outcome.

use std::path::{Path, PathBuf};

use crate::shell::Run;

/// The pages whose example runs against `fh serve`.
pub(crate) const PAGES: [&str; 2] = ["README.md", "bindings/python/README.md"];
pub(crate) const REQUIREMENTS: &str = "bindings/python/wheels/matrix-requirements.txt";
const FORK_TESTS: [&str; 2] = ["test_fork.py", "test_fork_functions.py"];

/// A row of the table: an interpreter, and the outcome of its tests.
pub(crate) struct Row {
    pub(crate) version: String,
    pub(crate) origin: String,
    pub(crate) outcome: Outcome,
}

/// The outcome of the tests on one interpreter.
pub(crate) enum Outcome {
    /// The tests passed. The value is pytest's count of the tests.
    Passed(String),
    /// A test failed, or the package could not be installed. The value is the reason.
    Failed(String),
    /// The interpreter could not be had. The value is the reason.
    NotTried(String),
}

impl Outcome {
    pub(crate) fn of(tests: Result<String, String>) -> Self {
        tests.map_or_else(Self::Failed, Self::Passed)
    }
}

/// The wheel under test, and the server of the tests.
pub(crate) struct Tried {
    pub(crate) folder: PathBuf,
    pub(crate) wheel: PathBuf,
    pub(crate) fh: PathBuf,
}

/// The arguments with which pip installs the packages of the tests.
pub(crate) const INSTALL: &str =
    "-m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r";

/// Returns the arguments of the run of the examples, below a folder with the pages and a folder of the package.
pub(crate) fn smoke(pages: &Path, package: &Path) -> Vec<String> {
    let script = package.join("wheels/smoke.py").display().to_string();
    let mut arguments =
        vec![script, "--version".to_string(), env!("CARGO_PKG_VERSION").to_string()];
    arguments.extend(PAGES.map(|page| pages.join(page).display().to_string()));
    arguments
}

/// Returns the paths of the fork tests in a folder of the package.
pub(crate) fn tests(package: &Path) -> Vec<String> {
    FORK_TESTS.map(|test| package.join("tests").join(test).display().to_string()).to_vec()
}

/// Runs pytest, and returns the line that counts the tests.
pub(crate) fn summary(run: Run) -> Result<String, String> {
    let (output, outcome) = run.capture()?;
    print!("{output}");
    let counts = output.lines().last().unwrap_or_default().trim_matches('=').trim().to_string();
    outcome.map(|()| counts.clone()).map_err(|why| format!("{why}\n{counts}"))
}
