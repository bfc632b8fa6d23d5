//! The record of the files from which a package was built, so that a run without a change does not start its build tools.

use std::fs;
use std::path::{Path, PathBuf};

use crate::shell::{Run, root, tracked_files};

/// A package, and the record of its build.
pub(crate) struct BuiltFrom {
    /// The file of the record. It lies where it is deleted with what was built.
    pub(crate) record: PathBuf,
    /// The folder of the package in the project.
    pub(crate) package: &'static str,
    /// Further files and folders that the build reads or writes. One that is missing or that another command has changed takes a new build.
    pub(crate) further: Vec<PathBuf>,
}

impl BuiltFrom {
    /// Returns true if the package was built from the present files.
    pub(crate) fn is_current(&self) -> Result<bool, String> {
        let Ok(recorded) = fs::read_to_string(&self.record) else { return Ok(false) };
        Ok(recorded == self.digests()?)
    }

    /// Records that the package was built from the present files.
    pub(crate) fn write(&self) -> Result<(), String> {
        let failed = |why: std::io::Error| format!("{}: {why}", self.record.display());
        fs::write(&self.record, self.digests()?).map_err(failed)
    }

    fn digests(&self) -> Result<String, String> {
        let own = format!("{}/", self.package);
        let tracked = tracked_files()?.into_iter().filter(|file| file.starts_with(&own));
        let mut files: Vec<PathBuf> = tracked.map(|file| root().join(file)).collect();
        self.further.iter().for_each(|path| add_files(path, &mut files));
        files.sort();
        let arguments: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        Run::new("sha256sum").args(&arguments).output()
    }
}

/// Adds a file, or the files below a folder.
fn add_files(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_file() {
        files.push(path.to_owned());
    }
    for entry in fs::read_dir(path).into_iter().flatten().flatten() {
        add_files(&entry.path(), files);
    }
}

#[cfg(test)]
mod tests {
    use fh_test::Folder;

    use super::*;

    #[test]
    fn a_changed_or_missing_file_takes_a_new_build() {
        let folder = Folder::new();
        let outputs = folder.path().join("built");
        let output = outputs.join("output");
        fs::create_dir_all(&outputs).unwrap();
        fs::write(&output, "one").unwrap();
        let further = vec![outputs];
        let record = folder.path().join("record.txt");
        let built = BuiltFrom { record, package: "bindings/kotlin/packaging", further };
        assert_eq!(built.is_current(), Ok(false));
        built.write().unwrap();
        assert_eq!(built.is_current(), Ok(true));
        fs::write(&output, "two").unwrap();
        assert_eq!(built.is_current(), Ok(false));
        built.write().unwrap();
        fs::remove_file(&output).unwrap();
        assert_eq!(built.is_current(), Ok(false));
    }
}
