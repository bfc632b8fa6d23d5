//! Errors of files that a command cannot write.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::failure::Failure;

/// Returns the error for a file that cannot be written, with advice if there is any.
pub(crate) fn unwritable(path: &str, error: &io::Error) -> Failure {
    let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
    let advice = match (error.kind(), folder) {
        _ if path.is_empty() => "the name is empty: write a name such as state.yaml".to_string(),
        (ErrorKind::NotFound, Some(folder)) if !folder.exists() => {
            let folder = folder.display();
            format!(
                "there is no folder {folder}: create it with `mkdir -p {folder}`, or choose another name"
            )
        }
        (ErrorKind::PermissionDenied, _) => {
            "permission denied; choose a folder in which this user may write".to_string()
        }
        (ErrorKind::IsADirectory, _) => {
            "this path is a directory; add the name of a file".to_string()
        }
        _ => format!("{error}; choose another folder"),
    };
    Failure::Input(format!("cannot write {path}: {advice}"))
}
