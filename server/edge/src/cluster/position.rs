//! The place of a commit in the log.

/// A commit: the revision of the state after it, and its random id. For a commit whose outcome is unknown, the revision is that before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Position {
    pub(super) revision: i64,
    pub(super) commit: String,
}
