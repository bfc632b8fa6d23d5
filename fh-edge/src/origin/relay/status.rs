//! How a relay's connections upstream are doing.

use std::sync::Arc;
use std::time::Duration;

use fh_client::Status;
use uuid::Uuid;

/// What a connection upstream is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpstreamRole {
    /// A client-evaluated key that is configured, and its sister if it has one.
    Keys,
    /// One context of a server-evaluated key that is configured alone.
    Context,
    /// A key that nobody configured: with a server-evaluated one, one context of it.
    AnyKey,
}

/// Is there anything to serve?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpstreamState {
    /// Not yet.
    Waiting,
    /// Yes; see the client's status for how old it is.
    Serving,
    /// The upstream Edge refuses the key, and nothing is known from before, or it has done so for longer than
    /// [`RelayLimits::revoke_after`](super::RelayLimits::revoke_after).
    Refused,
    /// Not any more: the last good answer is older than [`RelayLimits::max_age`](super::RelayLimits::max_age).
    Expired,
}

impl UpstreamState {
    /// The name in figures.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Serving => "serving",
            Self::Refused => "refused",
            Self::Expired => "expired",
        }
    }
}

/// One connection upstream. Holds no key, and no context.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UpstreamStatus {
    /// What its keys are called.
    pub name: Arc<str>,
    /// Their environment.
    pub environment: Uuid,
    /// What it is for.
    pub role: UpstreamRole,
    /// Is there anything to serve?
    pub state: UpstreamState,
    /// How many attributes the context has that the upstream Edge evaluates for.
    pub attributes: usize,
    /// Of its client: when it was last in touch, what went wrong last, how old the features are. `None` if it waits for a place
    /// ([`RelayLimits::connections`](super::RelayLimits::connections)).
    pub client: Option<Status>,
    /// Since the upstream Edge last answered the key well, restarts included; `None` if it never did.
    pub answer_age: Option<Duration>,
    /// Since when the upstream Edge has refused, for certain and without any other answer, a key that was good.
    pub refused_for: Option<Duration>,
}
