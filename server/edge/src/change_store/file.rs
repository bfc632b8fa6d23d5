//! The locked file of a data folder. The lock allows only one Edge at a time to use the folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use redb::backends::FileBackend;
use redb::{DatabaseError, StorageBackend};

use super::DataFolderError;
use super::tables::FILE;
use crate::state_store::ChangeStoreError;

/// The number of bytes that are read at once where a whole file is read.
pub(super) const CHUNK: usize = 256 * 1024;

/// The locked file of a data folder. It stays locked until `backend` and all its clones are dropped.
pub(super) struct LockedFile<B = FileBackend> {
    pub(super) folder: PathBuf,
    pub(super) path: PathBuf,
    pub(super) backend: Arc<B>,
}

impl LockedFile {
    /// Opens and locks the file of a folder. Creates the folder and the file if they do not exist.
    pub(super) fn open(folder: &Path) -> Result<Self, DataFolderError> {
        let io = |why| DataFolderError::Folder(folder.to_path_buf(), why);
        make(folder).map_err(io)?;
        let path = folder.join(FILE);
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(&path).map_err(io)?;
        let backend = FileBackend::new(file).map_err(|why| match why {
            DatabaseError::DatabaseAlreadyOpen => DataFolderError::InUse(folder.to_path_buf()),
            DatabaseError::Storage(redb::StorageError::Io(why)) => io(why),
            other => DataFolderError::Unreadable(path.clone(), other.to_string()),
        })?;
        close_to_others(&path).map_err(io)?;
        Ok(Self { folder: folder.to_path_buf(), path, backend: Arc::new(backend) })
    }
}

impl<B: StorageBackend> LockedFile<B> {
    pub(super) fn unusable(&self, why: io::Error) -> DataFolderError {
        DataFolderError::Folder(self.folder.clone(), why)
    }

    pub(super) fn damaged(&self, why: String) -> DataFolderError {
        DataFolderError::Damaged(self.path.clone(), why)
    }

    pub(super) fn unreadable(&self, why: ChangeStoreError) -> DataFolderError {
        DataFolderError::Unreadable(self.path.clone(), why.0)
    }

    /// Writes a copy of the file into the folder of the file, and returns the copy's path.
    pub(super) fn copy(&self) -> Result<PathBuf, DataFolderError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let path = self.folder.join(format!("changes-damaged-{}.redb", now.as_millis()));
        self.copy_to(&path).map_err(|why| self.unusable(why))?;
        Ok(path)
    }

    fn copy_to(&self, path: &Path) -> io::Result<()> {
        let mut copy = File::create(path)?;
        close_to_others(path)?;
        let (mut at, length) = (0, self.backend.len()?);
        while at < length {
            let bytes = usize::try_from(length - at).map_or(CHUNK, |rest| rest.min(CHUNK));
            copy.write_all(&self.backend.read(at, bytes)?)?;
            at += bytes as u64;
        }
        Ok(())
    }
}

/// A backend that several databases use, one after the other.
#[derive(Debug)]
pub(super) struct SharedBackend<B>(pub(super) Arc<B>);

impl<B: StorageBackend> StorageBackend for SharedBackend<B> {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }

    fn read(&self, offset: u64, len: usize) -> io::Result<Vec<u8>> {
        self.0.read(offset, len)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self, eventual: bool) -> io::Result<()> {
        self.0.sync_data(eventual)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
}

/// Creates a folder that other users cannot read on Unix, because the file in it may contain API keys. Does nothing if the folder exists.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(folder)
}

/// Makes a file unreadable for other users on Unix, because its folder may have existed before with wider permissions.
fn close_to_others(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
