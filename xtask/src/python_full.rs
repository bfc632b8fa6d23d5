//! `cargo xtask python-full`: the tests of the Python package with all repetitions, and what takes too long for CI.

use crate::part::{Part, chosen, run_all};
use crate::python::{self, Repetitions};
use crate::python_mutant;
use crate::python_package::{self, Build};
use crate::python_servers;
use crate::python_wheels;

/// Runs all parts, or the named ones, each even if an earlier one has failed.
pub(crate) fn run(names: &[String]) -> Result<(), String> {
    let parts = vec![
        Part {
            name: "all repetitions",
            prepare: python::prepare,
            run: || python::run(Repetitions::All),
        },
        Part {
            name: "servers that fork",
            prepare: python_servers::prepare,
            run: python_servers::run,
        },
        Part {
            name: "a wrong signature",
            prepare: python::prepare,
            run: python::find_wrong_signature,
        },
        Part {
            name: "without restarts",
            prepare: python_servers::prepare,
            run: python_mutant::run,
        },
        Part {
            name: "sdist, optimised",
            prepare: python_package::prepare,
            run: || python_package::sdist(Build::Release),
        },
        Part {
            name: "all wheels",
            prepare: python_package::prepare,
            run: || python_wheels::run(&[]),
        },
    ];
    run_all(&chosen(parts, names)?)
}
