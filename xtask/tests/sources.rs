//! Access to the files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the crates that other programs link.
pub(crate) const LIBRARIES: [&str; 7] = [
    "fh-eval",
    "fh-client",
    "fh-client/files",
    "fh-client/repository",
    "fh-client/session",
    "server/edge",
    "server/listen",
];

/// Returns the root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

/// Returns all files with this extension below a folder, sorted, without build output, packages of npm and hidden folders.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let (path, name) = (entry.path(), entry.file_name());
            let is_source = name != "target"
                && name != "node_modules"
                && !name.to_string_lossy().starts_with('.');
            if entry.file_type().unwrap().is_dir() {
                folders.extend(is_source.then_some(path));
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Returns the path of a file below the root, with slashes.
pub(crate) fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/")
}

/// The names of files and folders that hold tests only. A folder of tables writes what other languages are compared with.
const TESTS: [&str; 3] = ["tests", "tests.rs", "tables"];

/// Returns a source file without its tests, or `None` if it holds nothing else.
pub(crate) fn without_tests(path: &Path) -> Option<String> {
    let is_test = path.iter().any(|part| TESTS.iter().any(|name| part == *name));
    if is_test {
        return None;
    }
    let text = fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text.get(..end).map(str::to_string)
}
