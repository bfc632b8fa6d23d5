//! The packages for Kotlin and Java against the conformance suite, with each of their HTTP stacks.

use super::adapter::install_built;
use crate::subjects;
use crate::subjects_in_test::{self, Selection, vectors};

/// The names of the packages in the table of subjects.
const OVER_JDK: &str = "fh-kotlin-jdk";
const OVER_OKHTTP: &str = "fh-kotlin-okhttp";

/// Runs the vectors of the profile `client` by the operation `evaluate`, and some scenarios, against the packages, which were built.
pub(crate) fn run() -> Result<(), String> {
    install_built("jdk", &subjects::folder(OVER_JDK))?;
    vectors(OVER_JDK, "adapter", "client")?;
    subjects_in_test::run(OVER_JDK, Selection::OfBinding)
}

/// Installs the adapter, and runs against it all scenarios with both HTTP stacks, and all vectors without and with an Edge.
pub(crate) fn run_all() -> Result<(), String> {
    subjects::run(&[OVER_JDK, OVER_OKHTTP].map(str::to_string))?;
    vectors(OVER_JDK, "served", "all")
}
