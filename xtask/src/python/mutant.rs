//! The tests of forked processes with a mutant that takes the restart of clients out. Each of them must fail.

use std::path::PathBuf;

use super::PACKAGE;
use super::environment::Environment;
use super::pytest::named;
use super::servers;
use crate::mutants::tested::TestedPackage;
use crate::output::say;
use crate::python;
use crate::shell::root;
use crate::workspace::binary;

/// The package, whose only mutant takes the restart out.
const MUTATED: TestedPackage = TestedPackage { folder: PACKAGE, copies: "python" };

/// The tests whose child processes must start a client anew.
const FORKS: [&str; 9] = [
    "test_fork.py::test_both_processes_see_the_next_changes",
    "test_fork.py::test_the_parent_sees_changes_while_its_child_lives_and_after_it",
    "test_fork.py::test_all_handles_begin_anew",
    "test_fork.py::test_catch_and_release_goes_on",
    "test_fork.py::test_a_change_that_the_parent_had_not_reported_is_reported_in_the_child",
    "test_fork.py::test_a_child_of_a_child",
    "test_fork.py::test_multiprocessing[fork]",
    "test_fork.py::test_forks_while_other_threads_use_the_client",
    "test_gunicorn.py",
];

/// The tests of servers. Only a client that runs before the fork must start anew.
const SERVERS: [&str; 1] = ["servers"];
const EAGER: [&str; 2] = ["-k", "eager"];

/// The end of the message about a run of pytest in which tests failed, and nothing else went wrong.
const A_FAILURE: &str = "exit status: 1";

/// Runs the tests without the restart, in the environment that has the servers.
pub(crate) fn run() -> Result<(), String> {
    let environment = servers::environment()?;
    MUTATED.find_all(&[], |_, copy| {
        environment.install_wheel(&python::wheel_of(copy)?)?;
        find(&environment, &FORKS, &[])?;
        find(&environment, &SERVERS, &EAGER)?;
        Ok(true)
    })
}

/// Runs tests, all of which must fail. Most of them wait for something that never happens, so they run at the same time.
fn find(environment: &Environment, tests: &[&str], options: &[&str]) -> Result<(), String> {
    let package = root().join(PACKAGE);
    let mut arguments = vec![package.display().to_string()];
    arguments.extend(options.iter().map(ToString::to_string));
    let paths = tests.iter().map(|test| package.join("tests").join(test));
    arguments.extend(paths.map(|path: PathBuf| path.display().to_string()));
    let (said, outcome) = environment
        .run("-m pytest -q -rpfE --tb no -n 8 -p no:cacheprovider --rootdir")
        .args(&arguments)
        .env("FH", &binary("fh")?.display().to_string())
        .env("FH_SERVERS", "all")
        // The child of each fork hangs until its time limit.
        .env("FH_FORKS", "1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .capture()?;
    match outcome {
        Err(why) if why.ends_with(A_FAILURE) => {
            let failed = all_failed(&said).map_err(|problem| format!("{problem}\n{said}"))?;
            say!("    without the restart: {failed} tests failed");
            Ok(())
        }
        Err(why) => Err(format!("{why}\n{said}")),
        Ok(()) => Err(format!("the tests pass without the restart of clients:\n{said}")),
    }
}

/// Returns the number of tests that failed, from the summary of pytest.
///
/// # Errors
/// A test passed, no test ran, or a test did not begin. What a test leaves behind when it fails, such as an open file, is an error of its own
/// after the test, and is no reason.
fn all_failed(summary: &str) -> Result<usize, String> {
    let (failed, errors) = (named(summary, "FAILED "), named(summary, "ERROR "));
    if let Some(passed) = named(summary, "PASSED ").first() {
        return Err(format!("{passed} passes without the restart of clients"));
    }
    if let Some(error) = errors.difference(&failed).next() {
        return Err(format!("{error} did not begin"));
    }
    if failed.is_empty() { Err("no test ran".to_string()) } else { Ok(failed.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_must_fail_and_errors_count_only_before_a_test() {
        let failed = "FAILED a.py::x[with threads] - AssertionError: y\nFAILED b.py::z";
        assert_eq!(all_failed(failed), Ok(2));
        assert_eq!(all_failed(&format!("{failed}\nERROR b.py::z - ResourceWarning")), Ok(2));
        let wrong = ["PASSED c.py::w", "ERROR c.py::w - ImportError"];
        for line in wrong {
            assert!(all_failed(&format!("{failed}\n{line}")).unwrap_err().starts_with("c.py::w"));
        }
        assert!(all_failed("5 warnings in 1 s").is_err());
    }
}
