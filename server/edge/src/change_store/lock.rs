//! The lock of a data folder, which allows only one Edge at a time to use it.

use std::fs::File;
use std::path::Path;

use redb::DatabaseError;
use redb::backends::FileBackend;

use super::DataFolderError;

/// Opens and locks a file, which is created if it does not exist. `folder` is the path that errors name.
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
