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
    write_into(&folder(), &root(), files, mutated, added)
}

/// Writes these files of a source into another folder, as [`write()`] does.
pub(super) fn write_into(
    folder: &Path,
    source: &Path,
    files: &[String],
    mutated: impl Fn(&str) -> Option<String>,
    added: &[(String, String)],
) -> Result<(), String> {
    for file in files {
        let bytes = match mutated(file) {
            Some(text) => text.into_bytes(),
            None => fs::read(source.join(file)).map_err(|why| format!("{file}: {why}"))?,
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
    remove_empty_folders(folder);
    let written: Vec<&str> = written.into_iter().collect();
    write_if_changed(&list, written.join("\n").as_bytes())
}

/// Removes the folders below this one that hold no file. The workspace lists its members as `conformance/crates/*`, so Cargo refuses an
/// empty folder of a deleted crate.
fn remove_empty_folders(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_empty_folders(&entry.path());
            // The removal of a folder that holds a file fails, as it should.
            let _ = fs::remove_dir(entry.path());
        }
    }
}

pub(crate) fn write_if_changed(path: &Path, bytes: &[u8]) -> Result<(), String> {
    if fs::read(path).is_ok_and(|found| found == bytes) {
        return Ok(());
    }
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(path, bytes))
        .map_err(|why| format!("{}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deleted_crate_leaves_no_folder_in_the_copy() {
        let scratch = fh_test::Folder::new();
        let (source, copy) = (scratch.file("source"), scratch.file("copy"));
        let files = ["crates/old/src/lib.rs", "crates/new/src/lib.rs"].map(str::to_owned);
        for file in &files {
            write_if_changed(&source.join(file), b"").unwrap();
        }
        write_into(&copy, &source, &files, |_| None, &[]).unwrap();
        assert!(copy.join(&files[0]).exists());

        // The next copy is written after the deletion, and after an earlier version that left the empty folder behind.
        fs::create_dir_all(copy.join("crates/older/src")).unwrap();
        write_into(&copy, &source, &files[1..], |_| None, &[]).unwrap();
        assert!(!copy.join("crates/old").exists());
        assert!(!copy.join("crates/older").exists());
        assert!(copy.join(&files[1]).exists());
    }
}
