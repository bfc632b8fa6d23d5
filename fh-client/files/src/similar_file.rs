//! The file that a wrong path probably means.

use std::path::{Path, PathBuf};

use fh_eval::internal::closest;

/// The number of files of a folder that are compared with a path.
const COMPARED: usize = 1_000;

/// Returns the path of the file in the same folder whose name is most similar to that of a missing file. Returns `None` if no name is
/// similar.
#[must_use]
pub fn similar_file(missing: &Path) -> Option<PathBuf> {
    let folder = missing.parent().filter(|folder| !folder.as_os_str().is_empty());
    let entries = std::fs::read_dir(folder.unwrap_or(Path::new("."))).ok()?;
    let files = entries.flatten().take(COMPARED).filter(|entry| entry.path().is_file());
    let mut names: Vec<String> =
        files.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort_unstable();
    let meant = closest(missing.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(missing.with_file_name(meant))
}
