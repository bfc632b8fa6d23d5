//! The status of a relay's upstream connections.

use std::sync::Arc;
use std::time::Duration;

use fh_client::Status;
use uuid::Uuid;

/// The purpose of an upstream connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpstreamRole {
    /// The connection of a configured client-evaluated key, and of its paired server-evaluated key if there is one.
    Keys,
    /// The connection for one context of a server-evaluated key that is configured without a client-evaluated key.
    Context,
    /// The connection of an unconfigured key. A server-evaluated key has one connection for each context.
    AnyKey,
}

/// The state of an upstream connection, which says whether the relay has features to serve from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UpstreamState {
    /// The connection has no features yet.
    Waiting,
    /// Features are served. Their age is in the client's status.
    Serving,
    /// The key counts as refused. The upstream Edge refused the key before the connection had features, or has refused it for at least
    /// [`RelayLimits::revoke_after`](super::RelayLimits::revoke_after).
    Refused,
    /// The features have expired: the last successful response is at least [`RelayLimits::max_age`](super::RelayLimits::max_age) old.
    Expired,
}

impl UpstreamState {
    /// Returns the name of the state, as metrics show it.
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
    /// The name of the connection's keys; `any key` for the connection of an unconfigured key.
    pub name: Arc<str>,
    /// The id of the environment to which the connection's keys belong.
    pub environment: Uuid,
    /// The purpose of the connection.
    pub role: UpstreamRole,
    /// The state of the connection, which says whether it has features to serve.
    pub state: UpstreamState,
    /// The number of attributes in the context for which the upstream Edge evaluates; 0 if this Edge or its clients evaluate.
    pub attributes: usize,
    /// The status of the connection's client, with the last contact, the last problem and the age of the features. `None` while the
    /// connection has no client, for example because the client is just being started, or because no connection is free for this key and
    /// context ([`RelayLimits::connections`](super::RelayLimits::connections)).
    pub client: Option<Status>,
    /// The time since the upstream Edge last answered the key successfully on this connection; `None` if there was no successful response.
    /// An open stream without a problem counts as a successful response. If the relay has a snapshot folder, successful responses in
    /// earlier runs count for configured client-evaluated keys.
    pub answer_age: Option<Duration>,
    /// The time since the upstream Edge began to refuse a key whose features the connection has. Only definite refusals without any other
    /// result in between count. `None` if there are no such refusals.
    pub refused_for: Option<Duration>,
}
