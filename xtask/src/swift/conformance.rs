//! The package for Swift against the conformance suite.

use crate::subjects;
use crate::subjects_in_test::{self, Selection, vectors};

/// The name of the package in the table of subjects.
const SUBJECT: &str = "fh-swift";

/// Runs the vectors of the profile `client` by the operation `evaluate`, and some scenarios, against the package, which was built.
pub(super) fn run() -> Result<(), String> {
    vectors(SUBJECT, "adapter", "client")?;
    subjects_in_test::run(SUBJECT, Selection::OfBinding)
}

/// Installs the adapter, and runs against it all scenarios, and all vectors without and with an Edge.
pub(crate) fn run_all() -> Result<(), String> {
    subjects::run(&[SUBJECT.to_string()])?;
    vectors(SUBJECT, "served", "all")
}
