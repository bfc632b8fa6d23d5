//! The packages of npm, and the tests of their tarballs.

use std::sync::OnceLock;

use super::build;
use super::engine::web_folder;
use super::node::in_workspace;
use crate::install;
use crate::workspace::binary;

/// Builds the packages from the built engines, and writes their tarballs into the folder of all builds for the web.
fn build_packages() -> Result<(), String> {
    install::package(
        "python3 --version",
        "python3",
        "it collects the licences of the engine's crates",
    )?;
    let folder = web_folder()?.display().to_string();
    in_workspace("npm run --silent packages --").args(&[folder]).go()
}

/// Builds the packages unless this process has built them already.
pub(crate) fn build_once() -> Result<(), String> {
    static BUILT: OnceLock<Result<(), String>> = OnceLock::new();
    BUILT.get_or_init(build_packages).clone()
}

/// The tests in projects that stand for a user's new one: they have no lock file, and get the newest versions of what they depend on.
const NEW_PROJECTS: [&str; 4] = ["bundlers", "jest", "next", "proxies"];

/// Builds engines and packages, and tests the tarballs.
pub(crate) fn run() -> Result<(), String> {
    test(&NEW_PROJECTS.map(|name| format!("--exclude=**/{name}.test.ts")))
}

/// Builds engines and packages, and tests the tarballs in new projects. A failure may come from a new version of another package.
pub(crate) fn run_in_new_projects() -> Result<(), String> {
    test(&NEW_PROJECTS.map(|name| format!("packaging/tests/{name}.test.ts")))
}

fn test(files: &[String]) -> Result<(), String> {
    build::build_once()?;
    build_once()?;
    in_workspace("npm run --silent test:packages --")
        .args(files)
        .env("FH_TARBALLS", &web_folder()?.display().to_string())
        .env("FH", &binary("fh")?.display().to_string())
        .env("FH_SERVE", "required")
        .go()
}
