//! Clients that are started anew in forked child processes, and the checks before a fork.
//!
//! The tests fork this process, so they run one after the other on its main thread, without the harness of the standard library.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(unsafe_code)]

#[cfg(target_os = "linux")]
mod anew;
#[cfg(target_os = "linux")]
mod checks;
#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
mod harness;
#[cfg(target_os = "linux")]
mod inherited;
#[cfg(target_os = "linux")]
mod overrides;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    harness::run(tests())
}

#[cfg(target_os = "linux")]
fn tests() -> Vec<Test> {
    [harness::TESTS, checks::TESTS, anew::TESTS, inherited::TESTS, overrides::TESTS].concat()
}

/// The name of a test, and the test.
#[cfg(target_os = "linux")]
type Test = (&'static str, fn());
