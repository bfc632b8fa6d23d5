//! The program, run as anybody would run it: what is measured there needs processes of its own.

use std::process::{Command, Output};

/// Runs it. A failure shows everything that it printed.
pub(crate) fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_fh-faults")).args(arguments).output().unwrap()
}

/// Runs it, and expects that all was well; gives what it printed.
pub(crate) fn succeed(arguments: &[&str]) -> String {
    let output = run(arguments);
    let printed = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {}\n{printed}\n{errors}", output.status);
    printed
}
