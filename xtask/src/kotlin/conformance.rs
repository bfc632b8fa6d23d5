//! The packages for Kotlin and Java against the conformance suite, with each of their HTTP stacks.

use super::adapter::install_built;
use crate::subjects::{self, select};
use crate::subjects_in_test::{self, Selection};
use crate::workspace::suite;

/// The names of the packages in the table of subjects.
const OVER_JDK: &str = "fh-kotlin-jdk";
const OVER_OKHTTP: &str = "fh-kotlin-okhttp";

/// Runs the vectors of the profile `client` by the operation `evaluate`, and some scenarios, against the packages, which were built.
pub(crate) fn run() -> Result<(), String> {
    for subject in select(&[OVER_JDK.to_string()])? {
        install_built("jdk", &subject.folder())?;
        let target = format!("adapter:{}", subject.command());
        suite("vectors run --profile client --target")?.args(&[target]).go()?;
    }
    subjects_in_test::run(OVER_JDK, Selection::OfBinding)
}

/// Installs the adapter, and runs against it all scenarios with both HTTP stacks, and all vectors without and with an Edge.
pub(crate) fn run_all() -> Result<(), String> {
    subjects::run(&[OVER_JDK, OVER_OKHTTP].map(str::to_string))?;
    select(&[OVER_JDK.to_string()])?.into_iter().try_for_each(|subject| {
        let target = format!("served:{}", subject.command());
        suite("vectors run --profile all --target")?.args(&[target]).go()
    })
}
