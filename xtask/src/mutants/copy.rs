//! The mutated copy of the project in the target folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{root, target_folder};

/// Returns the folder of the copy.
pub(super) fn folder() -> PathBuf {
    target_folder().join("mutants/copy")
}

/// Writes these files into the copy, and removes those that were written before and are no longer among them. A file whose content is
/// the same keeps its time, so that Cargo compiles only what changed.
pub(super) fn write(
    files: &[String],
    mutated: impl Fn(&str) -> Option<String>,
    added: &[(String, String)],
) -> Result<(), String> {
    let folder = folder();
    for file in files {
        let bytes = match mutated(file) {
            Some(text) => text.into_bytes(),
            None => fs::read(root().join(file)).map_err(|why| format!("{file}: {why}"))?,
        };
        write_if_changed(&folder.join(file), &bytes)?;
    }
    for (file, text) in added {
        write_if_changed(&folder.join(file), text.as_bytes())?;
    }
    let written: BTreeSet<&str> =
        files.iter().chain(added.iter().map(|(file, _)| file)).map(String::as_str).collect();
    // Other files in the folder are those of builds in it.
    let list = folder.with_extension("files");
    let before = fs::read_to_string(&list).unwrap_or_default();
    for file in before.lines().filter(|file| !written.contains(file)) {
        // A file that is missing already needs no removal.
        let _ = fs::remove_file(folder.join(file));
    }
    let written: Vec<&str> = written.into_iter().collect();
    write_if_changed(&list, written.join("\n").as_bytes())
}

pub(super) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|why| format!("{}: {why}", path.display()))
}
