//! `cargo xtask bench`: the benches in their own workspace, their table in `docs/performance.md`.

use crate::shell::Run;

/// Passes its arguments on; without any it is the full measurement, whose table replaces the one in the documentation.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let published: Vec<String> = [
        "--runs",
        "3",
        "--json",
        "../docs/performance.json",
        "--markdown",
        "../docs/performance.md",
    ]
    .map(str::to_string)
    .to_vec();
    let arguments = if arguments.is_empty() { &published } else { arguments };
    Run::new("cargo run --locked --release -p bench --").args(arguments).within("benches").go()?;
    // Its own process: statsig's dependencies change how every other engine is built.
    Run::new("cargo run --locked --release -p statsig").within("benches").go()
}
