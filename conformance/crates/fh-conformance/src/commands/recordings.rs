//! Recordings on the command line.

use std::path::Path;

use super::{Problem, print, write_file};
use crate::recording::{Coverage, Recording};

/// Maximum number of differences that are printed.
const SHOWN: usize = 40;

/// Reads a recording.
pub(super) fn read(path: &Path) -> Result<Recording, Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Problem::Outside(format!("{}: {error}", path.display())))?;
    Recording::parse(&text)
        .map_err(|problem| Problem::Usage(format!("{}: {problem}", path.display())))
}

/// Writes a recording. The measurements of an earlier recording in the same file are kept where they are larger.
pub(super) fn write(path: &Path, mut recording: Recording) -> Result<(), Problem> {
    // A file of another format has nothing to keep.
    if let Ok(earlier) = read(path) {
        recording.merge_measurements(&earlier);
    }
    write_file(path, &recording.to_text())
}

/// Prints the differences between a recording and a run. Returns true if there is none.
pub(super) fn compare(
    path: &Path,
    run: &Recording,
    coverage: &Coverage<'_>,
) -> Result<bool, Problem> {
    let differences = read(path)?.differences(run, coverage);
    for line in differences.iter().take(SHOWN) {
        print(&format!("DIFFERS {line}\n"));
    }
    let path = path.display();
    match differences.len() {
        0 => print(&format!("as recorded in {path}\n")),
        count => print(&format!(
            "{count} differences from {path}; if they are right, write it again with --record\n"
        )),
    }
    Ok(differences.is_empty())
}
