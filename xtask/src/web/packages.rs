//! `cargo xtask web packages`: the packages of npm, and the tests of their tarballs.

use std::sync::OnceLock;

use super::build;
use super::engine::web_folder;
use super::node::in_workspace;
use crate::install;
use crate::python::build_fh;

/// Builds the packages from the built engines, and writes their tarballs into the folder of all builds for the web.
pub(crate) fn build_packages() -> Result<(), String> {
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

/// Builds engines and packages, and tests the tarballs.
pub(crate) fn run() -> Result<(), String> {
    build::build_once()?;
    build_once()?;
    in_workspace("npm run --silent test:packages")
        .env("FH_TARBALLS", &web_folder()?.display().to_string())
        .env("FH", &build_fh()?.display().to_string())
        .env("FH_SERVE", "required")
        .go()
}
