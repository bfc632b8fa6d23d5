//! The tests of forked processes without the restart of clients. Each of them must fail.

use std::path::PathBuf;

use crate::python::{self, PACKAGE};
use crate::python_environment::Environment;
use crate::python_servers;
use crate::shell::{Run, root};

/// The library that takes the restart out.
const LIBRARY: &str = "no_restart.c";

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
    let environment = python_servers::environment()?;
    environment.install_wheel(&python::wheel()?)?;
    find(&environment, &FORKS, &[])?;
    find(&environment, &SERVERS, &EAGER)
}

/// Runs tests, all of which must fail. Most of them wait for something that never happens, so they run at the same time.
fn find(environment: &Environment, tests: &[&str], options: &[&str]) -> Result<(), String> {
    let package = root().join(PACKAGE);
    let mut arguments = vec![package.display().to_string()];
    arguments.extend(options.iter().map(ToString::to_string));
    let paths = tests.iter().map(|test| package.join("tests").join(test));
    arguments.extend(paths.map(|path: PathBuf| path.display().to_string()));
    let (said, outcome) = environment
        .run("-m pytest -q -rp --tb no -n 8 -p no:cacheprovider --rootdir")
        .args(&arguments)
        .env("FH", &python::build_fh()?.display().to_string())
        .env("FH_SERVERS", "all")
        // The child of each fork hangs until its time limit.
        .env("FH_FORKS", "1")
        .env("LD_PRELOAD", &library(environment)?)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .capture()?;
    let last = said.lines().rfind(|line| line.contains(" failed")).unwrap_or_default();
    let passed: Vec<&str> = said.lines().filter(|line| line.starts_with("PASSED ")).collect();
    match outcome {
        Err(why) if why.ends_with(A_FAILURE) && passed.is_empty() && !last.contains("error") => {
            println!("    without the restart: {}", last.trim_matches(['=', ' ']));
            Ok(())
        }
        Err(why) if passed.is_empty() => Err(format!("{why}\n{said}")),
        _ => Err(format!("tests pass without the restart of clients:\n{}", passed.join("\n"))),
    }
}

/// Compiles the library, and returns its path.
fn library(environment: &Environment) -> Result<String, String> {
    let source = root().join(PACKAGE).join("tests").join(LIBRARY).display().to_string();
    let library = environment.folder.join("no_restart.so").display().to_string();
    Run::new("cc -shared -fPIC -o").args(&[library.clone(), source]).go()?;
    Ok(library)
}
