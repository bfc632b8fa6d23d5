//! The sources of features.

use std::fmt;
use std::sync::Arc;

/// The origin of an update of features. The names of the variants for polls, streams and stores are those with which most published SDKs
/// tag updates.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Source {
    /// A poll of the Edge.
    Polling,
    /// A stream of the Edge.
    Streaming,
    /// A snapshot file, or the bytes of a snapshot that the program provides at the start.
    Snapshot,
    /// A store. The text is the name of the store, such as `redis-store` or `local-yaml-store`.
    Store(Arc<str>),
}

impl Source {
    /// Returns the name of the source, such as `polling`, or the name of the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Polling => "polling",
            Self::Streaming => "streaming",
            Self::Snapshot => "snapshot",
            Self::Store(name) => name,
        }
    }

    /// Returns true if the source is the Edge itself. A list from another source does not remove the features that the list does not
    /// contain.
    #[must_use]
    pub const fn is_edge(&self) -> bool {
        matches!(self, Self::Polling | Self::Streaming)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
