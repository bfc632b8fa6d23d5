//! Tests of the crates without I/O as WebAssembly: the build for browsers, and a run under the WASI of Node.

use std::fs;
use std::path::Path;

use crate::install;
use crate::output::say;
use crate::shell::{Run, root};

/// The crates whose tests run as WebAssembly.
const CRATES: [(&str, &str); 3] = [
    ("fh-eval", "fh-eval"),
    ("fh-repository", "fh-client/repository"),
    ("fh-session", "fh-client/session"),
];

/// The attributes that leave a test out of a build for WebAssembly, each with the reason that is printed.
const LEFT_OUT: [(&str, &str); 4] = [
    ("#[cfg(not(target_family = \"wasm\"))]", "they start threads"),
    (
        "#[cfg(not(target_arch = \"wasm32\"))]",
        "they count steps of the pattern engine of native targets",
    ),
    (
        "#[cfg(not(target_os = \"wasi\"))]",
        "they use so much memory that Node 20 often ends with a segmentation fault after them",
    ),
    ("#[cfg(panic = \"unwind\")]", "they catch panics, which abort a WebAssembly program"),
];

/// Installs the target for WASI, and checks that Node is there.
pub(crate) fn prepare() -> Result<(), String> {
    if !Run::new("node --version").succeeds() {
        return Err(
            "Node is missing: the tests run under its WASI (version 20 or later)".to_string()
        );
    }
    install::target("wasm32-wasip1", "the tests of the crates without I/O run as WebAssembly")
}

/// Runs the tests, and prints how many ran and how many were left out.
pub(crate) fn tests() -> Result<(), String> {
    let runner = root().join("xtask/wasi/run.mjs");
    let packages = CRATES.map(|(name, _)| format!("-p {name}")).join(" ");
    let tests = format!(
        "cargo test --locked --target wasm32-wasip1 --lib --tests --no-fail-fast {packages}"
    );
    // Imports that only left-out tests need are unused.
    let (output, outcome) = Run::new(&tests)
        .env(
            "CARGO_TARGET_WASM32_WASIP1_RUNNER",
            &format!("node --no-warnings {}", runner.display()),
        )
        .env("RUSTFLAGS", "-A unused")
        .capture()?;
    say!("    {} tests ran as WebAssembly", passed(&output));
    for (attribute, reason) in LEFT_OUT {
        let count: usize =
            CRATES.iter().map(|(_, folder)| left_out(&root().join(folder), attribute)).sum();
        say!("    {count} left out: {reason}");
    }
    if outcome.is_err() {
        say!("{output}");
    }
    outcome
}

/// Returns the number of tests that passed, as the test programs print it.
fn passed(output: &str) -> u64 {
    let counts = output.lines().filter_map(|line| {
        line.strip_prefix("test result: ")?
            .split_once(". ")?
            .1
            .split(' ')
            .next()?
            .parse::<u64>()
            .ok()
    });
    counts.sum()
}

/// Returns the number of tests below a folder that follow an attribute.
fn left_out(folder: &Path, attribute: &str) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let entries = entries.filter_map(Result::ok).map(|entry| entry.path());
    entries
        .map(|path| match path.is_dir() {
            true => left_out(&path, attribute),
            false => fs::read_to_string(&path)
                .map_or(0, |text| text.matches(&format!("{attribute}\n#[test]")).count()),
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_programs_are_added() {
        let output = "running 2 tests\ntest result: ok. 2 passed; 0 failed\n\ntest result: FAILED. 40 passed; 1 failed\n";
        assert_eq!(passed(output), 42);
    }
}
