//! The lock on the folder of a relay's snapshots, so that only one relay uses the folder at a time. Only Unix and Windows support
//! the lock.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::RelayError;

/// The name of the lock file in a snapshot folder. On Unix and Windows, a relay locks this file while it uses the folder.
const FILE: &str = "lock";

/// The lock of a snapshot folder. The lock ends when its last clone is dropped, or when one clone is released.
#[derive(Debug, Clone)]
pub(super) struct FolderLock(Arc<Mutex<Option<File>>>);

impl FolderLock {
    /// Creates the folder if it does not exist, and locks it for this relay.
    ///
    /// # Errors
    /// Returns [`RelayError::FolderInUse`] if another relay uses the folder, and [`RelayError::SnapshotFolder`] if the folder cannot be
    /// used.
    pub(super) fn take(folder: &Path) -> Result<Self, RelayError> {
        let failed = |why| RelayError::SnapshotFolder(folder.to_path_buf(), why);
        make(folder).map_err(failed)?;
        match lock(&folder.join(FILE)) {
            Ok(file) => Ok(Self(Arc::new(Mutex::new(Some(file))))),
            Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                Err(RelayError::FolderInUse(folder.to_path_buf()))
            }
            Err(why) => Err(failed(why)),
        }
    }

    /// Releases the folder, so that another relay can lock it.
    pub(super) fn release(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Creates a folder if it does not exist. On Unix, only its owner can access a folder that this function creates.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens and locks a file. The lock ends when the file is closed, and also when the process crashes.
#[cfg(unix)]
fn lock(path: &Path) -> io::Result<File> {
    use rustix::fs::{FlockOperation, flock};

    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    Ok(file)
}

/// Opens a file so that it cannot be opened again until it is closed.
#[cfg(windows)]
fn lock(path: &Path) -> io::Result<File> {
    /// The code of `ERROR_SHARING_VIOLATION`.
    const IN_USE: i32 = 32;

    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0);
    options.open(path).map_err(|why| match why.raw_os_error() {
        Some(IN_USE) => io::ErrorKind::WouldBlock.into(),
        _ => why,
    })
}

/// Opens the file without a lock.
#[cfg(not(any(unix, windows)))]
fn lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = fh_test::Folder::new();
        let path = folder.file("relay");
        let lock = FolderLock::take(&path).unwrap();
        let Err(RelayError::FolderInUse(refused)) = FolderLock::take(&path) else { panic!() };
        assert_eq!(refused, path);
        let other = lock.clone();
        drop(lock);
        assert!(FolderLock::take(&path).is_err(), "the clone has it still");
        other.release();
        let lock = FolderLock::take(&path).unwrap();
        drop(lock);
        assert!(FolderLock::take(&path).is_ok());
        let no_folder = folder.file("relay").join("lock");
        assert!(matches!(FolderLock::take(&no_folder), Err(RelayError::SnapshotFolder(..))));
    }
}
