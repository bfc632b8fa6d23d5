//! The Python package: its environment for tests, and its wheel.

pub(crate) mod adapter;
pub(crate) mod conformance;
mod debian_testing;
pub(crate) mod environment;
pub(crate) mod full;
pub(crate) mod matrix;
mod mutant;
pub(crate) mod package;
pub(crate) mod pytest;
mod servers;
mod trial;
pub(crate) mod wheels;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use self::environment::{Environment, create};
use crate::folders::{empty_folder, only_file};
use crate::install;
use crate::shell::Run;

pub(crate) const PACKAGE: &str = "bindings/python";
/// The tools that build and test the package, with their hashes.
const REQUIREMENTS: &str = "bindings/python/requirements.txt";

/// The pages whose example runs against `fh serve`.
const PAGES: [&str; 2] = ["README.md", "bindings/python/README.md"];

/// Returns the arguments of the run of the examples, below a folder with the pages and a folder of the package.
fn smoke(pages: &Path, package: &Path) -> Vec<String> {
    let script = package.join("wheels/smoke.py").display().to_string();
    let mut arguments =
        vec![script, "--version".to_string(), env!("CARGO_PKG_VERSION").to_string()];
    arguments.extend(PAGES.map(|page| pages.join(page).display().to_string()));
    arguments
}

/// The environment of the tests.
fn environment() -> Result<Environment, String> {
    Environment::below("python", REQUIREMENTS)
}

/// Creates the virtual environment with the pinned tools that build and test the package, unless it has them already.
pub(crate) fn prepare() -> Result<(), String> {
    install::package("node --version", "nodejs", "pyright, which checks types, runs on Node")?;
    environment()?.prepare("the Python package is installed into a virtual environment")
}

/// Builds the wheel and installs it into the environment, which is created if it is missing, unless this process has done so. The build is that
/// of the profile `dev`, as in all other tests.
pub(crate) fn install() -> Result<(), String> {
    static INSTALLED: OnceLock<Result<(), String>> = OnceLock::new();
    let install = || {
        prepare()?;
        let environment = environment()?;
        environment.install_wheel(&build_wheel(&environment, "dev")?)
    };
    INSTALLED.get_or_init(install).clone()
}

/// Builds the wheel with optimisations, installs it into an environment of its own, and returns the Python of that environment.
pub(crate) fn install_optimised() -> Result<PathBuf, String> {
    prepare()?;
    let tools = environment()?;
    let wheel = build_wheel(&tools, "release")?;
    let environment = Environment::below("python-optimised", REQUIREMENTS)?;
    create(&environment.folder, "python3")?;
    environment.install_wheel(&wheel)?;
    Ok(environment.python())
}

/// Returns the Python of the environment.
pub(crate) fn installed() -> Result<PathBuf, String> {
    Ok(environment()?.python())
}

/// Builds the wheel of the tests, and returns its path.
pub(crate) fn wheel() -> Result<PathBuf, String> {
    build_wheel(&environment()?, "dev")
}

/// Builds the wheel of a copy of the project, in a target folder of its own, and returns its path.
pub(crate) fn wheel_of(copy: &Path) -> Result<PathBuf, String> {
    let environment = environment()?;
    let target = environment.folder.join("mutants-build").display().to_string();
    wheel_in(&environment, "dev", |run| {
        run.in_folder(&copy.join(PACKAGE)).env("CARGO_TARGET_DIR", &target)
    })
}

/// Builds the wheel for this machine with a build profile of Cargo, and returns its path.
pub(crate) fn build_wheel(environment: &Environment, profile: &str) -> Result<PathBuf, String> {
    wheel_in(environment, profile, |run| run.within(PACKAGE))
}

fn wheel_in(
    environment: &Environment,
    profile: &str,
    place: impl Fn(Run) -> Run,
) -> Result<PathBuf, String> {
    let wheels = empty_folder(&environment.folder.join("built"))?;
    let build = environment
        .run("-m maturin build --quiet --locked --auditwheel skip --profile")
        .args(&[profile.to_string(), "--out".to_string(), wheels.display().to_string()]);
    place(build).go()?;
    only_file(&wheels)
}
