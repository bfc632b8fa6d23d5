//! The program against our client, and against adapters that miss something.
#![allow(clippy::unwrap_used)]

use std::process::{Command, Output};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fh-featbit-sdks");

fn compare(arguments: &[&str]) -> Output {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data");
    Command::new(PROGRAM).args(["compare", "--data", data]).args(arguments).output().unwrap()
}

#[test]
fn our_client_misses_nothing() {
    let output = compare(&["--ours", "Rust", &format!("'{PROGRAM}' adapter")]);
    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{printed}{errors}");
    assert!(printed.contains("101 of 101") && printed.contains("3540 of 3600"), "{printed}");
    assert!(printed.contains("60 answers to tame-9 are not the running server's"), "{printed}");
}

#[test]
fn what_our_client_misses_is_an_error_and_of_a_published_sdk_it_is_shown() {
    // An SDK that is ready, and returns no value.
    let empty = r#"sh -c 'while read line; do echo "{\"ok\": true, \"ready\": true, \"seen\": true}"; done'"#;
    let output = compare(&["--ours", "ours", empty, "--published", "published", empty]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(errors.contains("ours misses: all agreed cases; ours misses: the running"), "{errors}");
    assert!(!errors.contains("published misses"), "{errors}");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.matches("0 of 101").count() == 2, "{printed}");
    let output = compare(&["--published", "gone", "false"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("gone: an adapter has"));
}
