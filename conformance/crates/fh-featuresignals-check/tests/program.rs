//! The program with wrong arguments. `cargo xtask test featuresignals` runs its checks.
#![allow(clippy::unwrap_used)]

use std::process::Command;

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let program = env!("CARGO_BIN_EXE_fh-featuresignals-check");
    let output = Command::new(program).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_folder_without_recordings_is_an_error_that_names_it() {
    let (status, errors) = run(&["--data", "no-folder"]);
    assert_eq!(status, Some(1));
    assert!(errors.contains("no-folder:"), "{errors}");
}
