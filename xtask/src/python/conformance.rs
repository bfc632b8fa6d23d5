//! The Python package against the conformance suite.

use super::adapter::program;
use crate::output::say;
use crate::subjects::{self, quoted};
use crate::subjects_in_test::{self, Selection, vectors};
use crate::workspace::suite;

/// The name of the package in the table of subjects.
const SUBJECT: &str = "fh-python";

/// The scenario of a process that forks, which no mutant of the Rust client can fail, and the bugs that the broken adapter plants for it.
const FORK: &str = "C-CLOSE-006";
const BUGS: [&str; 2] = ["stands-still", "breaks-the-parent"];

/// The end of the message about a run of the suite in which a scenario failed.
const A_FAILURE: &str = "exit status: 1";

/// Runs against the installed package the scenarios, and the vectors of the profile `client` without and with an Edge.
pub(crate) fn run() -> Result<(), String> {
    subjects_in_test::run(SUBJECT, Selection::Client)?;
    vectors(SUBJECT, "served", "client")
}

/// Installs the package, and runs against it all scenarios, and all vectors without and with an Edge. The scenario of a fork must find the
/// bugs that the broken adapter plants.
pub(crate) fn run_all() -> Result<(), String> {
    subjects::run(&[SUBJECT.to_string()])?;
    vectors(SUBJECT, "served", "all")?;
    BUGS.iter().try_for_each(|bug| find(bug))
}

/// Runs the scenario of a fork against the adapter with a bug, which must fail it.
fn find(bug: &str) -> Result<(), String> {
    let mut adapter = program("broken_forks.py");
    adapter.push(bug.to_string());
    let adapter = adapter.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let run = suite(&format!("sdk --only {FORK} --adapter"))?.args(&[adapter]);
    match run.capture()?.1 {
        Err(why) if why.ends_with(A_FAILURE) => {
            say!("    {FORK} finds the bug `{bug}`");
            Ok(())
        }
        Err(why) => Err(why),
        Ok(()) => Err(format!("{FORK} does not find the bug `{bug}`")),
    }
}
