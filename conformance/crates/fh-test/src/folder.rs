//! Temporary folders and files for tests.
//!
//! ```
//! use fh_test::Folder;
//!
//! let folder = Folder::new();
//! folder.write("state.yaml", "features: []", 7);
//! assert_eq!(std::fs::read_to_string(folder.file("state.yaml"))?, "features: []");
//! # Ok::<(), std::io::Error>(())
//! ```
#![allow(clippy::expect_used, reason = "only tests use it")]

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

/// A folder that only one test uses. It is deleted when this value is dropped.
#[derive(Debug)]
pub struct Folder(TempDir);

impl Folder {
    /// Creates an empty folder.
    ///
    /// # Panics
    /// If the operating system cannot create it.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes something outside the program")]
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    /// Returns the path of the folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns the path of a file in the folder, which need not exist.
    #[must_use]
    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path().join(name)
    }

    /// Writes a file and sets its modification time to this minute after the beginning of 1970. So changes in quick succession get
    /// different times, all of them long ago.
    ///
    /// # Panics
    /// If it cannot be written.
    pub fn write(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>, minute: u64) {
        fs::write(self.file(&name), text).expect("a file in it");
        self.set_minute(name, minute);
    }

    /// Sets the modification time of a file to this minute after the beginning of 1970.
    ///
    /// # Panics
    /// If there is no such file.
    pub fn set_minute(&self, name: impl AsRef<Path>, minute: u64) {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(minute * 60);
        let file = File::options().append(true).open(self.file(name)).expect("a file in it");
        file.set_modified(time).expect("times that can be set");
    }
}
