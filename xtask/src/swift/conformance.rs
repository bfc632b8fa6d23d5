//! The package for Swift against the conformance suite.

use crate::subjects::{self, select};
use crate::subjects_in_test::{self, Selection};
use crate::workspace::suite;

/// The name of the package in the table of subjects.
const SUBJECT: &str = "fh-swift";

/// Runs the vectors of the profile `client` by the operation `evaluate`, and some scenarios, against the package, which was built.
pub(super) fn run() -> Result<(), String> {
    vectors("adapter", "client")?;
    subjects_in_test::run(SUBJECT, Selection::OfBinding)
}

/// Installs the adapter, and runs against it all scenarios, and all vectors without and with an Edge.
pub(crate) fn run_all() -> Result<(), String> {
    subjects::run(&[SUBJECT.to_string()])?;
    vectors("served", "all")
}

/// Runs the vectors of a profile: by the operation `evaluate` if `target` is `adapter`, or by a client of an Edge if it is `served`.
fn vectors(target: &str, profile: &str) -> Result<(), String> {
    select(&[SUBJECT.to_string()])?.into_iter().try_for_each(|subject| {
        let target = format!("{target}:{}", subject.command());
        suite(&format!("vectors run --profile {profile} --target"))?.args(&[target]).go()
    })
}
