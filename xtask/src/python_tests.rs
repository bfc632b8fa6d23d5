//! The tests of the Python package: pytest in an environment that has the package.

use std::collections::BTreeSet;
use std::path::Path;

use crate::flaky;
use crate::output::Output;
use crate::python::PACKAGE;
use crate::python_environment::Environment;
use crate::shell::{Run, root};

/// The options of a whole run. A process that a test crashed is not replaced, because a deadlock of the package would hang one test after
/// another.
const WHOLE: &str = "-n 4 --max-worker-restart 0";
/// The words about a test that crashed its process. A test that hangs does so after minutes, which no load of the machine explains.
const CRASHED: &str = "crashed while running";

/// Runs the tests with four processes. They use sockets, so each test that fails is repeated alone. `complete` adds what the tests read from
/// variables.
pub(crate) fn run(
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
