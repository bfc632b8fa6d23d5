//! One process for each data folder.

use std::fs::File;
use std::path::{Path, PathBuf};

use redb::DatabaseError;
use redb::backends::FileBackend;

use super::{DataFolderError, close_to_others};

/// Holds a folder for this process, by a lock on a file beside it. The lock ends with the process, however that ends.
pub(crate) struct FolderLock {
    _file: FileBackend,
}

impl FolderLock {
    /// Takes a folder. The file is named as the folder is, with `.lock` behind it.
    ///
    /// # Errors
    /// [`DataFolderError::InUse`] if another process holds it.
    pub(crate) fn take(folder: &Path) -> Result<Self, DataFolderError> {
        let io = |why| DataFolderError::Folder(folder.to_path_buf(), why);
        let mut path = folder.as_os_str().to_owned();
        path.push(".lock");
        let path = PathBuf::from(path);
        let file = lock(folder, &path)?;
        close_to_others(&path).map_err(io)?;
        Ok(Self { _file: file })
    }
}

impl std::fmt::Debug for FolderLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FolderLock")
    }
}

/// Opens a file in a folder, which is made if it is not there, and locks it.
pub(super) fn lock(folder: &Path, path: &Path) -> Result<FileBackend, DataFolderError> {
    let io = |why| DataFolderError::Folder(folder.to_path_buf(), why);
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path).map_err(io)?;
    FileBackend::new(file).map_err(|why| match why {
        DatabaseError::DatabaseAlreadyOpen => DataFolderError::InUse(folder.to_path_buf()),
        DatabaseError::Storage(redb::StorageError::Io(why)) => io(why),
        other => DataFolderError::Unreadable(path.to_path_buf(), other.to_string()),
    })
}
