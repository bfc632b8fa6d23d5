//! `cargo xtask web chromium`: tests the TypeScript client in Chromium.

use crate::install;
use crate::python::build_fh;

use super::build::build_once;
use super::node;

/// Installs Node, the packages of the workspace, and Chromium.
pub(crate) fn prepare() -> Result<(), String> {
    node::prepare()?;
    let reason = "the client for browsers is tested in it";
    install::chromium(reason)
}

/// Runs the tests in Chromium, with an Edge whose test answers each request and with `fh serve`. The pages load the built engines.
pub(crate) fn run() -> Result<(), String> {
    test("npm run --silent test:chromium")
}

/// Runs the few of these tests that show a client with each kind of key beside `fh serve`.
pub(crate) fn smoke() -> Result<(), String> {
    test("npm run --silent test:chromium:smoke")
}

fn test(line: &str) -> Result<(), String> {
    build_once()?;
    node::in_workspace(line)
        .env("FH", &build_fh()?.display().to_string())
        .env("FH_SERVE", "required")
        .go()
}
