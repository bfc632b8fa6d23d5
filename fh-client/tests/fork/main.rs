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
mod inherited;
#[cfg(target_os = "linux")]
mod overrides;

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
fn main() {
    let filters: Vec<String> =
        std::env::args().skip(1).filter(|arg| !arg.starts_with('-')).collect();
    let is_listing = std::env::args().any(|arg| arg == "--list");
    let tests = [checks::TESTS, anew::TESTS, inherited::TESTS, overrides::TESTS].concat();
    for (name, test) in tests {
        if !filters.is_empty() && !filters.iter().any(|filter| name.contains(filter)) {
            continue;
        }
        if is_listing {
            println!("{name}: test");
            continue;
        }
        println!("test {name} ...");
        test();
    }
}

/// The name of a test, and the test.
#[cfg(target_os = "linux")]
type Test = (&'static str, fn());
