//! The wheel and the sdist of the Python package in fresh virtual environments.

use std::fs;
use std::path::{Path, PathBuf};

use super::environment::create;
use super::wheels::{REASON, Wheels};
use super::{PACKAGE, smoke};
use crate::folders::{empty_folder, files_below};
use crate::output::say;
use crate::shell::{Run, root};
use crate::workspace::binary;

/// The build tool of the package, which pip takes from a folder in place of the index.
const BUILD_TOOL: &str = "bindings/python/wheels/build-requirements.txt";

/// The optimisation of the build from the sdist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The build of the tests, which takes less time.
    Dev,
    /// The build that users get.
    Release,
}

/// Installs the tools that build the packages.
pub(crate) fn prepare() -> Result<(), String> {
    Wheels::prepare(REASON).map(|_| ())
}

/// Tries the wheel for this machine and the sdist of a folder.
pub(crate) fn run(folder: &Path) -> Result<(), String> {
    let wheels = Wheels::prepare(REASON)?;
    let file = |is_it: &dyn Fn(&str) -> bool| {
        let files = files_below(folder)?;
        let found = files.into_iter().find(|file| is_it(&file.display().to_string()));
        found.ok_or_else(|| format!("{} lacks the wheel or the sdist", folder.display()))
    };
    let wheel = file(&|name| name.ends_with(".whl") && name.contains("manylinux2014_x86_64"))?;
    let sdist = file(&|name| name.ends_with(".tar.gz"))?;
    let fh = binary("fh")?;
    try_wheel(&wheels, &wheel, &fh)?;
    try_sdist(&wheels, &sdist, &fh, Build::Dev)
}

/// Builds the sdist, and tries it.
pub(crate) fn sdist(build: Build) -> Result<(), String> {
    let wheels = Wheels::prepare(REASON)?;
    try_sdist(&wheels, &wheels.sdist()?, &binary("fh")?, build)
}

/// Installs the wheel where no compiler is on the search path, and runs the examples.
fn try_wheel(wheels: &Wheels, wheel: &Path, fh: &Path) -> Result<(), String> {
    let fresh = Fresh::create(&wheels.tools_folder().join("wheel"))?;
    fresh
        .python("-m pip install --quiet --disable-pip-version-check --no-index")
        .args(&[wheel.display().to_string()])
        .env("PATH", &fresh.path())
        .go()?;
    fresh.smoke(fh)
}

/// Installs the sdist in an empty folder, without a toolchain and with one, and runs the examples.
fn try_sdist(wheels: &Wheels, sdist: &Path, fh: &Path, build: Build) -> Result<(), String> {
    let folder = wheels.tools_folder().join("sdist");
    let fresh = Fresh::create(&folder)?;
    let index = index(wheels, sdist)?;
    let install = || {
        let install = "-m pip install --disable-pip-version-check --no-cache-dir --no-index --no-binary fh-client --find-links";
        let index = [index.display().to_string(), "fh-client".to_string()];
        fresh.python(install).args(&index).env("MATURIN_NO_INSTALL_RUST", "1")
    };
    let refused = install().env("PATH", &fresh.path()).output();
    match refused {
        Err(why) if why.contains("Cargo, the Rust package manager, is not installed") => {
            say!("    without a toolchain, pip says that Cargo is not installed");
        }
        Err(why) => return Err(format!("without a toolchain, pip does not name it: {why}")),
        Ok(_) => return Err("the sdist was installed without a toolchain".to_string()),
    }
    // The sdist has fewer members than the workspace, so Cargo takes those that are missing out of the lock file, and keeps all versions.
    let options = match build {
        Build::Dev => "--profile dev",
        Build::Release => "",
    };
    install()
        .env("MATURIN_PEP517_ARGS", options)
        .env("CARGO_TARGET_DIR", &wheels.tools_folder().join("target").display().to_string())
        .output()?;
    say!("    pip has built and installed {}", sdist.display());
    fresh.smoke(fh)
}

/// Fills a folder with the sdist and the build tool, from which pip installs both.
fn index(wheels: &Wheels, sdist: &Path) -> Result<PathBuf, String> {
    let index = empty_folder(&wheels.tools_folder().join("index"))?;
    let requirements = root().join(BUILD_TOOL).display().to_string();
    wheels
        .python("-m pip download --quiet --disable-pip-version-check --require-hashes --only-binary :all:")
        .args(&["--dest".to_string(), index.display().to_string(), "-r".to_string(), requirements])
        .go()?;
    let copy = index.join(sdist.file_name().unwrap_or_default());
    fs::copy(sdist, &copy).map_err(|why| format!("{}: {why}", copy.display()))?;
    Ok(index)
}

/// A fresh virtual environment.
pub(crate) struct Fresh {
    folder: PathBuf,
}

impl Fresh {
    pub(crate) fn create(folder: &Path) -> Result<Self, String> {
        create(folder, "python3")?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Returns a run of the environment's Python in a folder without sources.
    fn python(&self, line: &str) -> Run {
        let python = self.folder.join("venv/bin/python").display().to_string();
        Run::program(&python, line).in_folder(&self.folder)
    }

    /// Returns a search path that has the environment's programs only.
    fn path(&self) -> String {
        self.folder.join("venv/bin").display().to_string()
    }

    /// Checks what is installed, and runs the examples of the pages.
    fn smoke(&self, fh: &Path) -> Result<(), String> {
        self.python("-B")
            .args(&smoke(&root(), &root().join(PACKAGE)))
            .env("FH", &fh.display().to_string())
            .env("PATH", &self.path())
            .go()
    }
}
