//! The folder of the project, that of builds, and what is done with folders.

use std::fs;
use std::path::{Path, PathBuf};

/// Returns the project's root. Cargo names the checkout in which it runs this program. The program may have been built in another one, with the
/// same target folder.
pub(crate) fn root() -> PathBuf {
    let built_in = || env!("CARGO_MANIFEST_DIR").into();
    let own = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(built_in));
    own.parent().map(Path::to_path_buf).unwrap_or(own)
}

/// Returns the target folder of Cargo, which may be outside the project.
pub(crate) fn target_folder() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Removes what an earlier run has left in a folder, so that it is not mistaken for the result of this run.
pub(crate) fn empty_folder(folder: &Path) -> Result<PathBuf, String> {
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)?;
    Ok(folder.to_owned())
}

/// Returns the path of the only file of a folder.
pub(crate) fn only_file(folder: &Path) -> Result<PathBuf, String> {
    let mut files = fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))?;
    match (files.next(), files.next()) {
        (Some(Ok(file)), None) => Ok(file.path()),
        _ => Err(format!("there is not exactly one file in {}", folder.display())),
    }
}

/// Returns all files below a folder.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |why: std::io::Error| format!("{}: {why}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        match path.is_dir() {
            true => found.extend(files_below(&path)?),
            false => found.push(path),
        }
    }
    Ok(found)
}
