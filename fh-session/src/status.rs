//! The state of a client: whether it has features, what its connection does, and which problem it has.

use std::fmt;

use crate::context_header::TooManyAttributes;
use crate::rules::Source;
use crate::time::Millis;

/// The readiness of a client: whether it has features to evaluate (sdk-behaviour 2.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Readiness {
    /// The client has no features yet, or none for the current context of a server-evaluated key.
    #[default]
    NotReady,
    /// The client has features. The features are the last known ones and may be old; see [`SessionStatus`].
    Ready,
    /// The Edge refuses this client, or has sent no environment for its keys (D-21, D-68). Reads still return the last known values.
    Failed,
    /// The client is closed. Reads still return the last known values.
    Closed,
}

impl Readiness {
    /// Returns the readiness's name in reports and other languages.
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

/// The activity of the connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Connection {
    /// The session has not started yet.
    #[default]
    Idle,
    /// A request is in flight or about to be sent, and no stream is open.
    Connecting,
    /// A stream is open.
    Streaming,
    /// The client polls, and waits for the time of the next poll. In passive mode it may wait for the next read of a feature.
    Resting,
    /// The last attempt failed. The next attempt is at [`SessionStatus::next_attempt`].
    Waiting,
    /// The Edge requested a pause, which ends at [`SessionStatus::next_attempt`] (D-22).
    Paused,
    /// A one-off client has received its features and sends no more requests.
    Done,
    /// The Edge wants no more requests (D-23). The client sends none until a refresh, a new key or a restart.
    Halted,
    /// The client sends no requests because its mode is offline.
    Offline,
    /// The client is closed.
    Closed,
}

impl Connection {
    /// Returns the connection's name in reports and other languages.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting => "connecting",
            Self::Streaming => "streaming",
            Self::Resting => "resting",
            Self::Waiting => "waiting",
            Self::Paused => "paused",
            Self::Done => "done",
            Self::Halted => "halted",
            Self::Offline => "offline",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The state of a client as one value. Times are those of the session's clock, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionStatus {
    /// The readiness of the client.
    pub readiness: Readiness,
    /// The activity of the connection.
    pub connection: Connection,
    /// The last problem; `None` before the first problem, and after the Edge has sent a response without a problem.
    pub problem: Option<Problem>,
    /// Number of failed attempts since the Edge last sent a response without a problem.
    pub attempts: u32,
    /// Number of requests sent since the start, including those that follow redirects.
    pub requests: u64,
    /// The time of the next scheduled request; `None` if no request is scheduled.
    pub next_attempt: Option<Millis>,
    /// The time when features were last received or confirmed; `None` before the first features. The age of the features is the time since
    /// then.
    pub updated: Option<Millis>,
    /// The source of the last features; `None` before the first features.
    pub source: Option<Source>,
    /// True if the Edge has declared this environment stale, by status 236 or `edge.stale`. The client then sends no request until a
    /// refresh or a new key (D-23, D-67).
    pub is_stale: bool,
    /// Number of features refused so far because they belong to an environment to which no key gives access.
    pub foreign_features: u64,
}

/// The problem of a client, or the reason why a command failed. Never contains an API key or a URL with an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Status 400: the Edge does not accept the request.
    BadRequest,
    /// Status 401 or 403: the Edge refuses the API key. Holds the status.
    Unauthorised(u16),
    /// Status 404: the Edge does not know the key, or has a failure of its own (edge-protocol 2.5).
    NotFound,
    /// The stream sent a `failure` event. Holds the reason that the event contains.
    Failure(String),
    /// The environment is stale: the Edge wants no more requests (D-22, D-23).
    Stale,
    /// Status 429: the client, or its address, sends too many requests.
    TooManyRequests,
    /// Status 500 to 599: the Edge failed. Holds the status. Status 501 in response to a stream request is [`Self::NoStreaming`] instead.
    ServerError(u16),
    /// The response has another status that the client cannot use. Holds the status.
    UnexpectedStatus(u16),
    /// The Edge cannot stream: it answered the stream request with status 501, or several times in a row with another content type (D-65).
    NoStreaming,
    /// The response has another content type than the requested one. Holds the content type of the response.
    ContentType(String),
    /// A redirect leads to another origin, has no valid target, or is one too many in a row.
    Redirect,
    /// The response, or an event of a stream, could not be parsed. Holds the reason.
    Malformed(String),
    /// The response, or an event of a stream, was larger than the limit. Holds the limit in bytes.
    TooLarge(usize),
    /// The response holds no environment to which a key gives access (D-68).
    NoEnvironments,
    /// The response holds no usable features for an environment whose features the client holds. An Edge with a failure of its own may send
    /// such a response (D-60), so the client keeps its features.
    EmptyList,
    /// The connection could not be opened, or it broke. Holds the transport's reason.
    Unreachable(String),
    /// The Edge's certificate was not accepted. Holds the transport's reason.
    Tls(String),
    /// A time limit passed. Holds the stage of the request that took too long.
    TimedOut(Stage),
    /// The stream ended before features arrived on it.
    ClosedEarly,
    /// The stream ended after features had arrived on it.
    Disconnected,
    /// The context cannot be sent, because it has too many attributes. Holds their number.
    Context(TooManyAttributes),
    /// A newer context replaced this context before the features for this context were applied (D-120).
    Superseded,
    /// The client is closed.
    Closed,
}

/// The stage of a request that took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The connection was not open in time.
    Connect,
    /// The complete head of the response did not arrive in time.
    Head,
    /// The body of a poll did not arrive in time.
    Body,
    /// The first event with features did not arrive on a stream in time.
    FirstEvent,
    /// The remainder of a stream's event did not arrive in time after the event had begun.
    Event,
    /// The next line, or the next byte of an unfinished line, did not arrive on a stream in time.
    Silence,
    /// The features for a context that a caller set did not arrive in time. This limit applies to the caller's wait and does not abort the
    /// request (D-120).
    Context,
}

impl Problem {
    /// Returns true if the Edge refuses this client, so that a retry in the near future would hardly succeed (D-21).
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::BadRequest | Self::Unauthorised(_) | Self::NotFound | Self::Failure(_))
    }

    /// Returns the problem's short name for metrics and other languages.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::BadRequest => "bad_request",
            Self::Unauthorised(_) => "unauthorised",
            Self::NotFound => "not_found",
            Self::Failure(_) => "failure",
            Self::Stale => "stale",
            Self::TooManyRequests => "too_many_requests",
            Self::ServerError(_) => "server_error",
            Self::UnexpectedStatus(_) => "unexpected_status",
            Self::NoStreaming => "no_streaming",
            Self::ContentType(_) => "content_type",
            Self::Redirect => "redirect",
            Self::Malformed(_) => "malformed",
            Self::TooLarge(_) => "too_large",
            Self::NoEnvironments => "no_environments",
            Self::EmptyList => "empty_list",
            Self::Unreachable(_) => "unreachable",
            Self::Tls(_) => "tls",
            Self::TimedOut(_) => "timed_out",
            Self::ClosedEarly => "closed_early",
            Self::Disconnected => "disconnected",
            Self::Context(_) => "context",
            Self::Superseded => "superseded",
            Self::Closed => "closed",
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRequest => f.write_str("the Edge rejects the request as invalid (status 400)"),
            Self::Unauthorised(status) => write!(f, "the Edge refuses the key (status {status})"),
            Self::NotFound => f.write_str("the Edge does not know the key (status 404)"),
            Self::Failure(reason) => write!(f, "the Edge refuses the stream: {reason}"),
            Self::Stale => f.write_str("the environment is stale: the Edge wants no more requests"),
            Self::TooManyRequests => f.write_str("the Edge wants fewer requests (status 429)"),
            Self::ServerError(status) => write!(f, "the Edge failed (status {status})"),
            Self::UnexpectedStatus(status) => write!(f, "the Edge answered with status {status}"),
            Self::NoStreaming => f.write_str("the Edge cannot stream (status 501)"),
            Self::ContentType(found) => {
                write!(f, "the response has content type {found:?}, which no Edge sends")
            }
            Self::Redirect => f.write_str(
                "the Edge redirects to another origin, too often, or without a valid target",
            ),
            Self::Malformed(why) => write!(f, "the response cannot be parsed: {why}"),
            Self::TooLarge(limit) => {
                write!(f, "the response or an event is larger than {limit} bytes")
            }
            Self::NoEnvironments => {
                f.write_str("the response contains no environment of the API keys")
            }
            Self::EmptyList => {
                f.write_str("the response contains no features; the client keeps those that it has")
            }
            Self::Unreachable(why) => write!(f, "the Edge cannot be reached: {why}"),
            Self::Tls(why) => write!(f, "the Edge's certificate is not accepted: {why}"),
            Self::TimedOut(stage) => f.write_str(match stage {
                Stage::Connect => "connecting to the Edge timed out",
                Stage::Head => "the Edge did not respond in time",
                Stage::Body => "the response did not arrive in time",
                Stage::FirstEvent => "the stream sent no features in time",
                Stage::Event => "an event of the stream did not arrive in time",
                Stage::Silence => "the stream sent nothing for too long",
                Stage::Context => "the Edge did not evaluate the context in time",
            }),
            Self::ClosedEarly => f.write_str("the stream ended before any features"),
            Self::Disconnected => f.write_str("the stream ended"),
            Self::Context(why) => write!(f, "{why}"),
            Self::Superseded => f.write_str("a newer context has replaced this context"),
            Self::Closed => f.write_str("the client is closed"),
        }
    }
}

impl std::error::Error for Problem {}

/// An unusual event that does not change the state and should be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Several environments have a feature with the same key. The feature of the earliest API key's environment is used (D-61).
    KeyInSeveralEnvironments {
        /// The feature's key.
        feature: String,
        /// The id of the environment whose feature is used.
        answers: String,
    },
    /// A value of an attribute contains a comma. An Edge reads such a value as two values (D-82).
    CommaInValue {
        /// The attribute's name.
        attribute: String,
    },
    /// The value of an interceptor does not fit the feature. The next interceptor was called instead (D-78).
    OverrideRefused {
        /// The interceptor's name.
        interceptor: String,
        /// The feature's key.
        feature: String,
        /// The reason why the override was refused.
        why: String,
    },
    /// An interceptor panicked and was skipped.
    InterceptorPanicked {
        /// The interceptor's name.
        interceptor: String,
    },
    /// The Edge cannot stream, so the client polls. The client retries streaming from time to time (D-65).
    FellBackToPolling,
    /// Features from a store or a snapshot were not applied.
    StoreIgnored {
        /// The source of the features.
        source: Source,
        /// The reason why the features were not applied.
        why: String,
    },
    /// A part of a response could not be parsed and had no effect.
    Ignored {
        /// A description of the ignored part.
        what: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyInSeveralEnvironments { feature, answers } => {
                write!(
                    f,
                    "several environments have {feature}; that of environment {answers} is used"
                )
            }
            Self::CommaInValue { attribute } => write!(
                f,
                "a value of the attribute {attribute} contains a comma: an Edge reads it as two \
                 values"
            ),
            Self::OverrideRefused { interceptor, feature, why } => {
                write!(f, "the override of {feature} by {interceptor} was not used: {why}")
            }
            Self::InterceptorPanicked { interceptor } => {
                write!(f, "the interceptor {interceptor} panicked and was skipped")
            }
            Self::FellBackToPolling => {
                f.write_str("the Edge cannot stream: the client polls, and retries streaming later")
            }
            Self::StoreIgnored { source, why } => {
                write!(f, "the state from {source} was not used: {why}")
            }
            Self::Ignored { what } => write!(f, "ignored: {what}"),
        }
    }
}
