//! The folder that `cargo xtask dist` fills.

use std::fs;
use std::path::{Path, PathBuf, absolute};

use crate::folders::{empty_folder, files_below};
use crate::output::say;
use crate::shell::{Run, target_folder};

/// The file with the checksums of all other files.
pub(super) const SUMS: &str = "SHA256SUMS";

/// The folder of all artefacts, whose names do not depend on the machine or the time.
pub(crate) struct OutputFolder {
    pub(crate) path: PathBuf,
}

impl OutputFolder {
    /// Creates the folder, unless it exists.
    pub(crate) fn open() -> Result<Self, String> {
        let path = target()?.join("dist");
        fs::create_dir_all(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        Ok(Self { path })
    }

    /// Returns an empty folder within this one.
    pub(super) fn empty(&self, name: &str) -> Result<PathBuf, String> {
        empty_folder(&self.path.join(name))
    }

    /// Copies a file into the folder, with the same name.
    pub(super) fn add(&self, file: &Path) -> Result<(), String> {
        copy(file, &self.path.join(file.file_name().unwrap_or_default()))
    }

    /// Writes the checksums of all files, in the order of their names.
    pub(super) fn write_sums(&self) -> Result<(), String> {
        let names = self.names()?;
        let sums = Run::new("sha256sum --").args(&names).in_folder(&self.path).output()?;
        let file = self.path.join(SUMS);
        fs::write(&file, sums).map_err(|why| format!("{}: {why}", file.display()))
    }

    /// Prints the names and the sizes of all files.
    pub(super) fn print(&self) -> Result<(), String> {
        for name in self.names()? {
            let size = fs::metadata(self.path.join(&name)).map_err(|why| why.to_string())?.len();
            say!("{size:>12} {name}");
        }
        say!("the folder is {}", self.path.display());
        Ok(())
    }

    /// Returns the paths of all files within the folder, sorted, without that of the checksums.
    fn names(&self) -> Result<Vec<String>, String> {
        let files = files_below(&self.path)?;
        let name = |file: &PathBuf| {
            let name = file.strip_prefix(&self.path).unwrap_or(file).display().to_string();
            (name != SUMS).then_some(name)
        };
        let mut names: Vec<String> = files.iter().filter_map(name).collect();
        names.sort_unstable();
        Ok(names)
    }
}

/// Returns an empty folder for what an artefact is made of, outside of the folder of artefacts.
pub(super) fn staging(name: &str) -> Result<PathBuf, String> {
    empty_folder(&work_folder()?.join("staged").join(name))
}

/// Returns the folder of builds for artefacts.
pub(super) fn work_folder() -> Result<PathBuf, String> {
    Ok(target()?.join("dist-work"))
}

/// Copies a file, and creates the folder that it goes to.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{} to {}: {why}", from.display(), to.display());
    to.parent().map_or(Ok(()), fs::create_dir_all).map_err(failed)?;
    fs::copy(from, to).map(|_| ()).map_err(failed)
}

fn target() -> Result<PathBuf, String> {
    absolute(target_folder()).map_err(|why| why.to_string())
}
