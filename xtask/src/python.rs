//! The Python package: its environment for tests, its wheel, and its tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;

use crate::folders::{empty_folder, only_file};
use crate::install;
use crate::output::{self, say};
use crate::python_environment::{Environment, create};
use crate::python_tests;
use crate::shell::{Run, root};
use crate::workspace::binary;

pub(crate) const PACKAGE: &str = "bindings/python";
/// The tools that build and test the package, with their hashes.
const REQUIREMENTS: &str = "bindings/python/requirements.txt";

/// The environment of the tests.
fn environment() -> Result<Environment, String> {
    Environment::below("python", REQUIREMENTS)
}

/// The repetitions of the tests that repeat what they try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repetitions {
    /// A tenth of them, as in CI.
    Some,
    All,
}

impl Repetitions {
    /// Returns the run with the variables that the tests read.
    fn set(self, run: Run) -> Run {
        match self {
            Self::Some => run,
            // Some tests of forks take minutes.
            Self::All => run
                .env("FH_REPETITIONS", "all")
                .env("FH_FORKS", "1000")
                .args(&["-o", "faulthandler_timeout=1800"].map(str::to_string)),
        }
    }
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

/// Installs the package, checks the types, and runs the tests of the package against `fh serve`.
pub(crate) fn run(repetitions: Repetitions) -> Result<(), String> {
    let fh = binary("fh")?;
    install()?;
    let environment = environment()?;
    let (checked, tested) = thread::scope(|scope| {
        let check = output::spawn(scope, || check_types(&environment));
        let tested = python_tests::run(&environment, &fh, |run| repetitions.set(run));
        (check.join().unwrap_or_else(|_| Err("the check panicked".to_string())), tested)
    });
    tested.and(checked)
}

/// Checks the types of everything, and compares the stubs with the package.
fn check_types(environment: &Environment) -> Result<(), String> {
    let package = package_folder();
    environment.run("-m mypy --strict -p fh_client").go_timed()?;
    for folder in ["tests", "examples", "wheels"] {
        environment.run("-m mypy --strict").args(&[format!("{package}/{folder}")]).go_timed()?;
    }
    pyright(environment)?;
    stubtest(environment).go_timed()
}

/// Checks the types of the package, of the examples, of the scripts for wheels, and of the program for type checkers.
fn pyright(environment: &Environment) -> Result<(), String> {
    let python = environment.python().display().to_string();
    environment
        .run("-m pyright --warnings --pythonpath")
        .args(&[python, "--project".to_string(), package_folder()])
        // It would ask the index for a newer version.
        .env("PYRIGHT_PYTHON_IGNORE_WARNINGS", "1")
        .go_timed()
}

/// Returns a run that compares the stubs with the package.
fn stubtest(environment: &Environment) -> Run {
    let allowed = format!("{}/stubtest-allowlist.txt", package_folder());
    environment.run("-m mypy.stubtest fh_client --allowlist").args(&[allowed])
}

/// A method in the stubs, and a wrong signature of it.
const SIGNATURE: &str = "def is_enabled(self, key: str, /) -> bool:";
const WRONG_SIGNATURE: &str = "def is_enabled(self, key: str, context: str, /) -> bool:";

/// Compares a copy of the package whose stubs have a wrong signature, which must be found.
pub(crate) fn find_wrong_signature() -> Result<(), String> {
    let environment = environment()?;
    let folder = empty_folder(&environment.folder.join("wrong-signature"))?;
    let path = folder.display().to_string();
    let find = "-c print(__import__('pathlib').Path(__import__('fh_client').__file__).parent)";
    let installed = environment.run(find).output()?.trim().to_string();
    Run::new("cp -r").args(&[installed, path.clone()]).go()?;
    let stubs = folder.join("fh_client/_native.pyi");
    let failed = |why: std::io::Error| format!("{}: {why}", stubs.display());
    let text = fs::read_to_string(&stubs).map_err(failed)?;
    if !text.contains(SIGNATURE) {
        return Err(format!("the stubs have no `{SIGNATURE}`"));
    }
    fs::write(&stubs, text.replacen(SIGNATURE, WRONG_SIGNATURE, 1)).map_err(failed)?;
    let compared =
        stubtest(&environment).env("PYTHONPATH", &path).env("MYPYPATH", &path).capture()?;
    match compared {
        (found, Err(_)) if found.contains("is_enabled is inconsistent") => {
            say!("    stubtest finds a wrong signature of `is_enabled`");
            Ok(())
        }
        (said, outcome) => Err(format!("stubtest does not find it: {said} {outcome:?}")),
    }
}

fn package_folder() -> String {
    root().join(PACKAGE).display().to_string()
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
