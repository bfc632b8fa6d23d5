//! The Python package: its environment for tests, its wheel, and its tests.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use crate::install;
use crate::shell::{Run, root, target_folder};

pub(crate) const PACKAGE: &str = "bindings/python";

/// The folder below the target folder that holds the environment and the wheel of the tests.
fn folder() -> Result<PathBuf, String> {
    let folder = absolute(target_folder()).map_err(|why| why.to_string())?.join("python");
    fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    Ok(folder)
}

/// Creates the virtual environment with the pinned tools that build and test the package, unless it has them already.
pub(crate) fn prepare() -> Result<(), String> {
    let reason = "the Python package is installed into a virtual environment";
    install::package("python3 -m ensurepip --version", "python3-venv", reason)?;
    let folder = folder()?;
    let requirements = root().join(PACKAGE).join("requirements.txt");
    let mut wanted = Run::new("python3 --version").output()?;
    wanted += &fs::read_to_string(&requirements)
        .map_err(|why| format!("{}: {why}", requirements.display()))?;
    let done = folder.join("installed.txt");
    if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install::announce("the tools of bindings/python/requirements.txt", reason)?;
    Run::new("python3 -m venv --clear venv").in_folder(&folder).go()?;
    Run::new("venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r")
        .args(&[requirements.display().to_string()])
        .in_folder(&folder)
        .go()?;
    fs::write(&done, wanted).map_err(|why| format!("{}: {why}", done.display()))
}

/// Builds the wheel and installs it into the environment, which is created if it is missing. The build is that of the profile `dev`, as
/// in all other tests. Returns the path of the environment's Python.
pub(crate) fn install() -> Result<PathBuf, String> {
    prepare()?;
    let folder = folder()?;
    install_wheel(&folder, &build_wheel(&folder)?)?;
    Ok(interpreter(&folder))
}

/// Returns the Python of the environment in this folder.
fn interpreter(folder: &Path) -> PathBuf {
    folder.join("venv/bin/python")
}

/// Returns the Python of the environment.
pub(crate) fn installed() -> Result<PathBuf, String> {
    Ok(interpreter(&folder()?))
}

/// Installs the package, checks the types, and runs the tests of the package against `fh serve`.
pub(crate) fn run() -> Result<(), String> {
    let folder = folder()?;
    Run::new("cargo build --locked --quiet -p fh-cli").go()?;
    let fh = absolute(target_folder()).map_err(|why| why.to_string())?.join("debug/fh");
    let python = install()?;
    // The tests run in a folder without the package's sources, so that they import what the wheel has installed.
    let package = package_folder();
    let python = |line: &str| Run::program(&python.display().to_string(), line).in_folder(&folder);
    let tests = format!("{package}/tests");
    python("-m mypy --strict -p fh_client").go()?;
    python("-m mypy --strict").args(std::slice::from_ref(&tests)).go()?;
    python("-m mypy --strict").args(&[format!("{package}/examples")]).go()?;
    let allowed = format!("{package}/stubtest-allowlist.txt");
    python("-m mypy.stubtest fh_client --allowlist").args(&[allowed]).go()?;
    python("-m pytest -q -p no:cacheprovider --rootdir")
        .args(&[package, tests])
        .env("FH", &fh.display().to_string())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .go()
}

fn package_folder() -> String {
    root().join(PACKAGE).display().to_string()
}

/// Builds the wheel for this machine, and returns its path.
fn build_wheel(folder: &Path) -> Result<PathBuf, String> {
    let wheels = folder.join("wheels");
    // An older wheel must not be mistaken for the new one.
    if wheels.exists() {
        fs::remove_dir_all(&wheels).map_err(|why| format!("{}: {why}", wheels.display()))?;
    }
    let python = interpreter(folder).display().to_string();
    Run::program(
        &python,
        "-m maturin build --quiet --locked --profile dev --auditwheel skip --out",
    )
    .args(&[wheels.display().to_string()])
    .within(PACKAGE)
    .go()?;
    let mut built = fs::read_dir(&wheels).map_err(|why| format!("{}: {why}", wheels.display()))?;
    match (built.next(), built.next()) {
        (Some(Ok(wheel)), None) => Ok(wheel.path()),
        _ => Err(format!("there is not exactly one wheel in {}", wheels.display())),
    }
}

fn install_wheel(folder: &Path, wheel: &Path) -> Result<(), String> {
    Run::new("venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall")
        .args(&[wheel.display().to_string()])
        .in_folder(folder)
        .go()
}
