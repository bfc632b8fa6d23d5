//! The setting that gives a client its snapshot file.

use std::path::PathBuf;
use std::time::Duration;

/// The path of the file that keeps the client's last known features, and the maximum age of the file.
///
/// The file holds features and their rules, but no API keys (only a digest of them). On Unix, its permissions let only its
/// owner read it. The file is replaced as a whole: at most every 5 seconds, and when the client is flushed or closed. Nothing
/// is written before the Edge has sent a list of features. With a server-evaluated key the file holds the values of one context
/// and is used for that context only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    pub(super) path: PathBuf,
    pub(super) max_age: Option<Duration>,
    pub(super) reading: Reading,
}

/// The time at which a client reads its snapshot file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Reading {
    /// After the start, on another thread.
    #[default]
    InTheBackground,
    /// Within the start.
    AtTheStart,
}

impl SnapshotFile {
    /// Returns a setting that uses the file at this path, regardless of the file's age. The directory must exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), max_age: None, reading: Reading::default() }
    }

    /// Sets the maximum age of the file. The file contains the time `savedAt`, at which its features were last known to be
    /// current. If more than `age` has passed since that time, the client ignores the file when it starts, and reports a
    /// notice.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Makes [`ClientBuilder::start`](crate::ClientBuilder::start) read the file before it returns, so that the first read of a feature has
    /// the value of the last session. Without this function, the client reads the file in the background soon after the start. Reading and
    /// compiling 1,000 features takes some milliseconds. A file that cannot be used is a notice in both cases, and not an error of the start.
    #[must_use]
    pub const fn read_at_start(mut self) -> Self {
        self.reading = Reading::AtTheStart;
        self
    }
}

/// Converts a path of any type, such as `&str`, `String`, `&Path`, `PathBuf` or `OsString`, as [`SnapshotFile::new`] does.
impl<P: Into<PathBuf>> From<P> for SnapshotFile {
    fn from(path: P) -> Self {
        Self::new(path)
    }
}
