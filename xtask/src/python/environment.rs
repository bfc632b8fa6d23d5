//! Virtual environments of Python below the target folder, with pinned packages.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use crate::install;
use crate::shell::{Run, root, target_folder};

/// A virtual environment with the packages of a file of requirements, all of which have hashes.
pub(crate) struct Environment {
    /// The folder that holds the environment and what is built with it.
    pub(crate) folder: PathBuf,
    requirements: PathBuf,
}

impl Environment {
    /// Returns the environment below this folder of the target folder. Nothing is created but the folder itself.
    ///
    /// # Errors
    /// The folder cannot be created.
    pub(crate) fn below(folder: &str, requirements: &str) -> Result<Self, String> {
        let folder = absolute(target_folder()).map_err(|why| why.to_string())?.join(folder);
        fs::create_dir_all(&folder).map_err(|why| format!("{}: {why}", folder.display()))?;
        Ok(Self { folder, requirements: root().join(requirements) })
    }

    /// Returns the path of the environment's Python.
    pub(crate) fn python(&self) -> PathBuf {
        self.folder.join("venv/bin/python")
    }

    /// Returns a run of the environment's Python in the folder of the environment, outside of the package's sources.
    pub(crate) fn run(&self, line: &str) -> Run {
        Run::program(&self.python().display().to_string(), line).in_folder(&self.folder)
    }

    /// Creates the environment with `python3`, unless it has the packages already.
    pub(crate) fn prepare(&self, reason: &str) -> Result<(), String> {
        install::package("python3 -m ensurepip --version", "python3-venv", reason)?;
        let wanted = Run::new("python3 --version").output()? + &pins(&self.requirements)?;
        let done = self.folder.join("installed.txt");
        if fs::read_to_string(&done).is_ok_and(|installed| installed == wanted) {
            return Ok(());
        }
        let file = self.requirements.strip_prefix(root()).unwrap_or(&self.requirements);
        install::announce(&format!("the packages of {}", file.display()), reason)?;
        create(&self.folder, "python3")?;
        self.run(
            "-m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r",
        )
        .args(&[self.requirements.display().to_string()])
        .go()?;
        fs::write(&done, wanted).map_err(|why| format!("{}: {why}", done.display()))
    }

    /// Installs a wheel of this project, without the index.
    pub(crate) fn install_wheel(&self, wheel: &Path) -> Result<(), String> {
        self.run("-m pip install --quiet --disable-pip-version-check --no-index --no-deps --force-reinstall")
            .args(&[wheel.display().to_string()])
            .go()
    }
}

/// Returns the text of a file of requirements, and of those that it names.
fn pins(requirements: &Path) -> Result<String, String> {
    let mut text = fs::read_to_string(requirements)
        .map_err(|why| format!("{}: {why}", requirements.display()))?;
    let named: Vec<String> =
        text.lines().filter_map(|line| line.strip_prefix("-r ")).map(str::to_string).collect();
    for name in named {
        text += &pins(&requirements.with_file_name(name))?;
    }
    Ok(text)
}

/// Creates an empty virtual environment `venv` in this folder, in place of an older one.
pub(crate) fn create(folder: &Path, python: &str) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    Run::program(python, "-m venv --clear venv").in_folder(folder).go()
}
