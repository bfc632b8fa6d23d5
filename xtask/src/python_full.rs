//! `cargo xtask python full`: the tests of the Python package with all repetitions, and what takes too long for CI.

use crate::part::{Part, chosen};
use crate::python::{self, Repetitions};
use crate::python_mutant;
use crate::python_package::{self, Build};
use crate::python_servers;
use crate::python_wheels;
use crate::schedule::run_all;

/// Runs all parts, or the named ones, each even if an earlier one has failed.
pub(crate) fn run(names: &[String]) -> Result<(), String> {
    let parts = vec![
        Part::new("all repetitions")
            .prepare(python::prepare)
            .run(|| python::run(Repetitions::All))
            .alone(),
        Part::new("servers that fork")
            .prepare(python_servers::prepare)
            .run(python_servers::run)
            .alone(),
        Part::new("a wrong signature")
            .prepare(python::prepare)
            .run(python::find_wrong_signature)
            .alone(),
        Part::new("without restarts")
            .prepare(python_servers::prepare)
            .run(python_mutant::run)
            .alone(),
        Part::new("sdist, optimised")
            .prepare(python_package::prepare)
            .run(|| python_package::sdist(Build::Release))
            .alone(),
        Part::new("all wheels")
            .prepare(python_package::prepare)
            .run(|| python_wheels::run(&[]))
            .alone(),
    ];
    run_all(&chosen(parts, names)?, "cargo xtask python full")
}
