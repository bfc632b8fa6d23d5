//! The last known features in a file, so that a program can start while the Edge is away (D-79).

mod bootstrap;
mod file;
mod keeper;
mod replace;

use std::path::PathBuf;
use std::time::Duration;

pub(crate) use self::bootstrap::Bootstrap;
pub use self::bootstrap::BootstrapError;
pub(crate) use self::keeper::{Found, Keeper};

/// Where the last known features are kept, and for how long they are good.
///
/// The file holds features and their rules, no API keys. It can be read by its owner only, and is replaced as a whole: at most each
/// 5 seconds, and when the client is closed. With a server-evaluated key it holds the values of one context, and is used for that
/// context only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotFile {
    path: PathBuf,
    max_age: Option<Duration>,
}

impl SnapshotFile {
    /// This file, however old. Its directory has to exist.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), max_age: None }
    }

    /// Ignores a file that was saved longer ago than this.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }
}

impl From<&str> for SnapshotFile {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl From<PathBuf> for SnapshotFile {
    fn from(path: PathBuf) -> Self {
        Self::new(path)
    }
}
