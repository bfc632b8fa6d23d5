//! The status of a relay's upstream connections.

use std::sync::Arc;
use std::time::Duration;

use fh_client::Status;
use uuid::Uuid;

/// The purpose of an upstream connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpstreamRole {
    /// A configured client-evaluated key, and its paired server-evaluated key if there is one.
    Keys,
    /// One context of a server-evaluated key that is configured alone.
    Context,
    /// An unconfigured key; one context of it if it is server-evaluated.
    AnyKey,
}

/// Whether a connection has features to serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpstreamState {
    /// No features have come yet.
    Waiting,
    /// Features are served; see the client's status for their age.
    Serving,
    /// The upstream Edge refuses the key. Either it never answered the key successfully, or it has refused it for longer than
    /// [`RelayLimits::revoke_after`](super::RelayLimits::revoke_after).
    Refused,
    /// The features have expired: the last successful answer is older than [`RelayLimits::max_age`](super::RelayLimits::max_age).
    Expired,
}

impl UpstreamState {
    /// Returns the state's name in metrics.
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

/// The status of one upstream connection. It contains no key and no context.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct UpstreamStatus {
    /// The name of its keys.
    pub name: Arc<str>,
    /// The environment of its keys.
    pub environment: Uuid,
    /// The purpose of the connection.
    pub role: UpstreamRole,
    /// Whether there are features to serve.
    pub state: UpstreamState,
    /// Number of attributes of the context that the upstream Edge evaluates for.
    pub attributes: usize,
    /// The status of its client: the last contact, the last problem, the age of the features. `None` while it waits for a connection
    /// ([`RelayLimits::connections`](super::RelayLimits::connections)).
    pub client: Option<Status>,
    /// Time since the upstream Edge last answered the key successfully, even before a restart. `None` if it never did.
    pub answer_age: Option<Duration>,
    /// Time since the upstream Edge began to refuse a key that it had answered successfully. Only definite refusals count, without any
    /// other answer in between. `None` if it does not refuse it.
    pub refused_for: Option<Duration>,
}
