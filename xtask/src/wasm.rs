//! Tests of the crates without I/O as WebAssembly: the build for browsers, and a run under the WASI of Node.

use crate::install;
use crate::shell::{Run, root};

const TESTS: &str = "cargo test --locked --target wasm32-wasip1 --lib --tests --no-fail-fast -p fh-eval -p fh-repository -p fh-session";

/// Installs the target for WASI, and checks that Node is there.
pub(crate) fn prepare() -> Result<(), String> {
    if !Run::new("node --version").succeeds() {
        return Err(
            "Node is missing: the tests run under its WASI (version 20 or later)".to_string()
        );
    }
    install::target("wasm32-wasip1", "the tests of the crates without I/O run as WebAssembly")
}

/// Runs the tests. An attribute leaves out those that start threads, catch panics, count steps of native targets or use much memory.
pub(crate) fn tests() -> Result<(), String> {
    let runner = root().join("xtask/wasi/run.mjs");
    let runner = format!("node --no-warnings {}", runner.display());
    // Imports that only left-out tests need are unused.
    Run::new(TESTS)
        .env("CARGO_TARGET_WASM32_WASIP1_RUNNER", &runner)
        .env("RUSTFLAGS", "-A unused")
        .go()
}
