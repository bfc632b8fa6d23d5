//! `cargo xtask python full`: the tests of the Python package with all repetitions, and what takes too long for CI.

use super::mutant;
use super::package::{self, Build};
use super::pytest::{self, Repetitions};
use super::servers;
use super::wheels;
use crate::part::{Part, chosen};
use crate::python;
use crate::schedule::run_all;

/// Runs all parts, or the named ones, each even if an earlier one has failed.
pub(crate) fn run(names: &[String]) -> Result<(), String> {
    let parts = vec![
        Part::new("all repetitions")
            .prepare(python::prepare)
            .run(|| pytest::run(Repetitions::All))
            .alone(),
        Part::new("servers that fork").prepare(servers::prepare).run(servers::run).alone(),
        Part::new("a wrong signature")
            .prepare(python::prepare)
            .run(pytest::find_wrong_signature)
            .alone(),
        Part::new("without restarts").prepare(servers::prepare).run(mutant::run).alone(),
        Part::new("sdist, optimised")
            .prepare(package::prepare)
            .run(|| package::sdist(Build::Release))
            .alone(),
        Part::new("all wheels").prepare(package::prepare).run(|| wheels::run(&[])).alone(),
    ];
    run_all(&chosen(parts, names)?, "cargo xtask python full")
}
