//! `cargo xtask python matrix`: the examples and the tests of forks on every version of CPython that can be had.

use std::path::{Path, PathBuf};

use crate::debian_testing;
use crate::output::say;
use crate::python::PACKAGE;
use crate::python_environment::create;
use crate::python_package::PAGES;
use crate::python_wheels::{MANYLINUX, REASON, Wheels};
use crate::shell::{Run, root};
use crate::workspace::binary;

/// The versions for which the package is meant.
pub(crate) const VERSIONS: [&str; 6] = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"];
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

impl Row {
    fn missing(version: &str) -> Self {
        let outcome = Outcome::NotTried("no such interpreter was found".to_string());
        Self { version: version.to_string(), origin: String::new(), outcome }
    }
}

/// The wheel under test, and the server of the tests.
pub(crate) struct Tried {
    pub(crate) folder: PathBuf,
    pub(crate) wheel: PathBuf,
    pub(crate) fh: PathBuf,
}

/// Runs the tests on the named interpreters, on those of the search path, and on those of Debian testing.
pub(crate) fn run(named: &[String]) -> Result<(), String> {
    let wheels = Wheels::prepare(REASON)?;
    let wheel = wheels.build(&MANYLINUX)?;
    let tried = Tried { folder: wheels.tools_folder().join("matrix"), wheel, fh: binary("fh")? };
    let mut rows = Vec::new();
    for interpreter in named {
        rows.push(tried.on(interpreter));
    }
    for version in VERSIONS {
        let interpreter = format!("python{version}");
        if Run::new(&format!("{interpreter} --version")).succeeds() {
            rows.push(tried.on(&interpreter));
        }
    }
    rows.extend(debian_testing::rows(&tried, &wheels));
    for version in VERSIONS {
        if !rows.iter().any(|row| row.version.starts_with(&format!("{version}."))) {
            rows.push(Row::missing(version));
        }
    }
    for kind in ["3.14t", "3.15t"] {
        if !Run::new(&format!("python{kind} --version")).succeeds() {
            rows.push(Row::missing(kind));
        }
    }
    print_table(&rows);
    // An interpreter that could not be had is no failure. Tests that failed are.
    let is_failure = |row: &&Row| matches!(row.outcome, Outcome::Failed(_));
    match rows.iter().filter(is_failure).count() {
        0 => Ok(()),
        count => Err(format!("the tests failed on {count} interpreters")),
    }
}

fn print_table(rows: &[Row]) {
    say!("\n| CPython | interpreter | examples and fork tests |\n|---|---|---|");
    for Row { version, origin, outcome } in rows {
        let (kind, text) = match outcome {
            Outcome::Passed(counts) => ("", counts),
            Outcome::Failed(why) => ("failed: ", why),
            Outcome::NotTried(why) => ("not tried: ", why),
        };
        say!("| {version} | {origin} | {kind}{} |", text.lines().last().unwrap_or_default());
    }
}

impl Tried {
    /// Installs the wheel into a fresh environment of an interpreter, and runs the tests there.
    fn on(&self, interpreter: &str) -> Row {
        let version = Run::new(interpreter).args(&["--version".to_string()]).output();
        let version = version.unwrap_or_default().trim().replace("Python ", "");
        let outcome = match version.is_empty() {
            true => Outcome::NotTried("the interpreter does not start".to_string()),
            false => Outcome::of(self.test(interpreter, &self.folder.join(&version))),
        };
        Row { version, origin: interpreter.to_string(), outcome }
    }

    fn test(&self, interpreter: &str, folder: &Path) -> Result<String, String> {
        create(folder, interpreter)?;
        let python = folder.join("venv/bin/python").display().to_string();
        let run = |line: &str| Run::program(&python, line).in_folder(folder);
        run(INSTALL).args(&[root().join(REQUIREMENTS).display().to_string()]).go()?;
        run("-m pip install --quiet --disable-pip-version-check --no-index")
            .args(&[self.wheel.display().to_string()])
            .go()?;
        let package = root().join(PACKAGE);
        let fh = self.fh.display().to_string();
        run("-B").args(&smoke(&root(), &package)).env("FH", &fh).go()?;
        summary(run("-B -m pytest -q -p no:cacheprovider").args(&tests(&package)).env("FH", &fh))
    }
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
