//! Tests the TypeScript client in Chromium.

use std::path::Path;

use crate::install;
use crate::workspace::binary;

use super::build::build_once;
use super::{node, vitest};

/// Installs Node, the packages of the workspace, and Chromium.
pub(crate) fn prepare() -> Result<(), String> {
    node::prepare()?;
    let reason = "the client for browsers is tested in it";
    install::chromium(reason)
}

/// Installs Firefox beside what [`prepare`] installs: two of the tests are also in Firefox.
pub(crate) fn prepare_browsers() -> Result<(), String> {
    prepare()?;
    install::package(
        "firefox-esr --version",
        "firefox-esr",
        "pages without cookies are tested in it",
    )
}

/// Runs the tests in Chromium, with an Edge whose test answers each request and with `fh serve`. The pages load the built engines.
pub(crate) fn run() -> Result<(), String> {
    test("test:chromium")
}

/// Runs the few of these tests that show a client with each kind of key beside `fh serve`.
pub(crate) fn smoke() -> Result<(), String> {
    test("test:chromium:smoke")
}

/// Opens the site of a folder.
pub(crate) fn site(folder: &Path) -> Result<(), String> {
    vitest::run("test:site", |run| run.env("FH_SITE", &folder.display().to_string()))
}

fn test(script: &str) -> Result<(), String> {
    build_once()?;
    let fh = binary("fh")?.display().to_string();
    vitest::run(script, |run| run.env("FH", &fh).env("FH_SERVE", "required"))
}
