//! Reads and writes files, with errors that name them.

use std::fs;
use std::path::Path;

/// Writes a file, and creates the folder that it goes to.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    let failed = |why: std::io::Error| format!("{}: {why}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))
}
