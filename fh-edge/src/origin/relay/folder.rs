//! The folder in which a relay keeps what it received: one process has it at a time (D-109).

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::RelayError;

/// The file that is locked. It holds nothing.
const FILE: &str = "lock";

/// A folder that this process has to itself, until the last clone is dropped or one of them is released.
#[derive(Debug, Clone)]
pub(super) struct FolderLock(Arc<Mutex<Option<File>>>);

impl FolderLock {
    /// Makes the folder if it is not there, and takes it.
    ///
    /// # Errors
    /// [`RelayError::FolderInUse`] if another relay has it, [`RelayError::SnapshotFolder`] if it cannot be used.
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

    /// Leaves the folder to others.
    pub(super) fn release(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// Makes the folder, its owner's alone if it is made here.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens and locks a file. The system gives the lock up when the process ends, however it does.
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

/// Opens a file that no other process may open meanwhile.
#[cfg(windows)]
fn lock(path: &Path) -> io::Result<File> {
    /// `ERROR_SHARING_VIOLATION`.
    const IN_USE: i32 = 32;

    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    std::os::windows::fs::OpenOptionsExt::share_mode(&mut options, 0);
    options.open(path).map_err(|why| match why.raw_os_error() {
        Some(IN_USE) => io::ErrorKind::WouldBlock.into(),
        _ => why,
    })
}

/// Other systems have no locks that are safe to use here.
#[cfg(not(any(unix, windows)))]
fn lock(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time() {
        let folder = fh_test_folder::Folder::new();
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
