//! The reasons why a data folder cannot be used.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// The reason why a data folder cannot be used. The first field is the path of the folder or file. The second field, if there is one, is
/// the error or a description of the reason.
#[derive(Debug)]
#[non_exhaustive]
pub enum DataFolderError {
    /// The folder cannot be created, its file cannot be read or written, for example because the disk is full, or the thread that checks
    /// the file cannot be started. The file need not be damaged.
    Folder(PathBuf, io::Error),
    /// Another process, or another Edge in this process, uses the folder.
    InUse(PathBuf),
    /// The file in the folder cannot be used, in most cases because another version of this program wrote it.
    Unreadable(PathBuf, String),
    /// The file in the folder is damaged, or is no database.
    Damaged(PathBuf, String),
}

impl fmt::Display for DataFolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path, why) => {
                let advice = match path.is_file() {
                    true => "the path is that of a file: write the path of a folder",
                    false => "write the path of a folder in which this user may write",
                };
                write!(f, "the data folder {} cannot be used: {why}; {advice}", path.display())
            }
            Self::InUse(path) => {
                write!(
                    f,
                    "the data folder {} cannot be used: another Edge uses it, in this process or in another process",
                    path.display()
                )
            }
            Self::Unreadable(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Damaged(path, why) => write!(
                f,
                "{}: the file is damaged: {why}; restore it from a copy, or start once with --data-repair, which keeps all readable \
                 records and lists the lost ones",
                path.display()
            ),
        }
    }
}

impl std::error::Error for DataFolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Folder(_, why) => Some(why),
            Self::InUse(_) | Self::Unreadable(..) | Self::Damaged(..) => None,
        }
    }
}
