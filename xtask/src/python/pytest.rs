//! The tests of the Python package, and the checks of its types, in an environment that has the package.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::thread;

use super::environment::Environment;
use super::{PACKAGE, environment, install};
use crate::flaky;
use crate::folders::empty_folder;
use crate::output::{self, Output, say};
use crate::shell::{Run, root};
use crate::workspace::binary;

/// The options of a whole run. A process that a test crashed is not replaced, because a deadlock of the package would hang one test after
/// another.
const WHOLE: &str = "-n 4 --max-worker-restart 0";
/// The words about a test that crashed its process. A test that hangs does so after minutes, which no load of the machine explains.
const CRASHED: &str = "crashed while running";

/// The repetitions of the tests that repeat what they try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repetitions {
    /// A tenth of them, as in CI.
    Some,
    All,
}

impl Repetitions {
    /// Returns the run with the variables that the tests read.
    fn set(self, run: Run) -> Run {
        match self {
            Self::Some => run,
            // Some tests of forks take minutes.
            Self::All => run
                .env("FH_REPETITIONS", "all")
                .env("FH_FORKS", "1000")
                .args(&["-o", "faulthandler_timeout=1800"].map(str::to_string)),
        }
    }
}

/// Installs the package, checks the types, and runs the tests of the package against `fh serve`.
pub(crate) fn run(repetitions: Repetitions) -> Result<(), String> {
    let fh = binary("fh")?;
    install()?;
    let environment = environment()?;
    let (checked, tested) = thread::scope(|scope| {
        let check = output::spawn(scope, || check_types(&environment));
        let tested = pytest(&environment, &fh, |run| repetitions.set(run));
        (check.join().unwrap_or_else(|_| Err("the check panicked".to_string())), tested)
    });
    tested.and(checked)
}

/// Checks the types of everything, and compares the stubs with the package.
fn check_types(environment: &Environment) -> Result<(), String> {
    let package = package_folder();
    environment.run("-m mypy --strict -p fh_client").go_timed()?;
    for folder in ["tests", "examples", "wheels"] {
        environment.run("-m mypy --strict").args(&[format!("{package}/{folder}")]).go_timed()?;
    }
    pyright(environment)?;
    stubtest(environment).go_timed()
}

/// Checks the types of the package, of the examples, of the scripts for wheels, and of the program for type checkers.
fn pyright(environment: &Environment) -> Result<(), String> {
    let python = environment.python().display().to_string();
    environment
        .run("-m pyright --warnings --pythonpath")
        .args(&[python, "--project".to_string(), package_folder()])
        // It would ask the index for a newer version.
        .env("PYRIGHT_PYTHON_IGNORE_WARNINGS", "1")
        .go_timed()
}

/// Returns a run that compares the stubs with the package.
fn stubtest(environment: &Environment) -> Run {
    let allowed = format!("{}/stubtest-allowlist.txt", package_folder());
    environment.run("-m mypy.stubtest fh_client --allowlist").args(&[allowed])
}

/// A method in the stubs, and a wrong signature of it.
const SIGNATURE: &str = "def is_enabled(self, key: str, /) -> bool:";
const WRONG_SIGNATURE: &str = "def is_enabled(self, key: str, context: str, /) -> bool:";

/// Compares a copy of the package whose stubs have a wrong signature, which must be found.
pub(crate) fn find_wrong_signature() -> Result<(), String> {
    let environment = environment()?;
    let folder = empty_folder(&environment.folder.join("wrong-signature"))?;
    let path = folder.display().to_string();
    let find = "-c print(__import__('pathlib').Path(__import__('fh_client').__file__).parent)";
    let installed = environment.run(find).output()?.trim().to_string();
    Run::new("cp -r").args(&[installed, path.clone()]).go()?;
    let stubs = folder.join("fh_client/_native.pyi");
    let failed = |why: std::io::Error| format!("{}: {why}", stubs.display());
    let text = fs::read_to_string(&stubs).map_err(failed)?;
    if !text.contains(SIGNATURE) {
        return Err(format!("the stubs have no `{SIGNATURE}`"));
    }
    fs::write(&stubs, text.replacen(SIGNATURE, WRONG_SIGNATURE, 1)).map_err(failed)?;
    let compared =
        stubtest(&environment).env("PYTHONPATH", &path).env("MYPYPATH", &path).capture()?;
    match compared {
        (found, Err(_)) if found.contains("is_enabled is inconsistent") => {
            say!("    stubtest finds a wrong signature of `is_enabled`");
            Ok(())
        }
        (said, outcome) => Err(format!("stubtest does not find it: {said} {outcome:?}")),
    }
}

fn package_folder() -> String {
    root().join(PACKAGE).display().to_string()
}

/// Runs the tests with four processes. They use sockets, so each test that fails is repeated alone. `complete` adds what the tests read from
/// variables.
fn pytest(
    environment: &Environment,
    fh: &Path,
    complete: impl Fn(Run) -> Run,
) -> Result<(), String> {
    let package = root().join(PACKAGE);
    let beside = |name: &str| fh.with_file_name(name).display().to_string();
    // The tests run in a folder without the package's sources, so that they import what the wheel has installed.
    let start = |options: &str, test: &str| {
        let run = environment
            .run(&format!("-m pytest -q -rfE {options} -p no:cacheprovider --rootdir"))
            .args(&[package.display().to_string(), package.join(test).display().to_string()])
            .env("FH", &fh.display().to_string())
            .env("FH_TEST_FEATBIT", &beside("fh-test-featbit"))
            .env("FH_TEST_FEATURESIGNALS", &beside("fh-test-featuresignals"))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        complete(run)
    };
    let Err(why) = start(WHOLE, "tests").go() else { return Ok(()) };
    let Output::Log(log) = Output::current() else { return Err(why) };
    let text = log.text();
    if text.contains(CRASHED) {
        return Err(why);
    }
    let failed: BTreeSet<String> =
        ["FAILED ", "ERROR "].into_iter().flat_map(|word| named(&text, word)).collect();
    let again = failed.into_iter().map(|test| (test.clone(), start("-n 0", &test)));
    flaky::repeat_later(again.collect(), why)
}

/// Returns the tests with this outcome in the summary of pytest, such as `FAILED tests/test_reads.py::test_values - AssertionError`.
pub(crate) fn named(summary: &str, outcome: &str) -> BTreeSet<String> {
    let lines = summary.lines().filter_map(|line| line.strip_prefix(outcome));
    let tests = lines.map(|line| line.split(" - ").next().unwrap_or(line).trim().to_string());
    tests.filter(|test| test.contains(".py")).collect()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn tests_are_read_with_their_parameters() {
        let summary = "FAILED tests/a.py::x[with threads] - AssertionError: y - z\n\
                       FAILED tests/b.py::z\nERROR tests/c.py::w - ImportError\nFAILED to start";
        let failed: Vec<String> = named(summary, "FAILED ").into_iter().collect();
        assert_eq!(failed, ["tests/a.py::x[with threads]", "tests/b.py::z"]);
    }
}
