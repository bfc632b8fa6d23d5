//! The readiness of a client.

use std::fmt;

/// The readiness of a client, which shows if the client has features to evaluate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Readiness {
    /// The client has no features yet, or none for its current API keys or for the current context of a server-evaluated key.
    #[default]
    NotReady,
    /// The client has a list of features, which may be empty. They are the last known features and may be old; see
    /// [`SessionStatus`](crate::status::SessionStatus).
    Ready,
    /// The Edge refuses this client, or has sent no environment for its keys. Reads still return the last known values.
    Failed,
    /// The client is closed. Reads still return the last known values.
    Closed,
}

impl Readiness {
    /// Returns the name of the readiness, such as `NOT_READY`, which reports and bindings for other languages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotReady => "NOT_READY",
            Self::Ready => "READY",
            Self::Failed => "FAILED",
            Self::Closed => "CLOSED",
        }
    }
}

impl fmt::Display for Readiness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
