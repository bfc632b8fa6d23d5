//! What a client knows about itself: can it be asked, is it in touch, and if not, why.

use std::fmt;

use crate::context_header::TooManyAttributes;
use crate::rules::Source;
use crate::time::Millis;

/// Can the client be asked? (sdk-behaviour 2.3)
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Readiness {
    /// No features yet, or none for the present context of a server-evaluated key.
    #[default]
    NotReady,
    /// There are features; they may be old (see [`Status`]), but they are the last known ones.
    Ready,
    /// The Edge refuses this client. What it has had before still answers.
    Failed,
    /// Closed. What it has had before still answers.
    Closed,
}

impl Readiness {
    /// The name in reports and other languages.
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

/// What the connection does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Connection {
    /// Not started yet.
    #[default]
    Idle,
    /// Waiting for the head of an answer.
    Connecting,
    /// A stream is open.
    Streaming,
    /// Polling, and the last poll was answered; resting until the next one (or, passive, until a feature is read).
    Resting,
    /// Something went wrong: trying again at [`Status::next_attempt`].
    Waiting,
    /// The Edge asked for a pause, until [`Status::next_attempt`] (D-22).
    Paused,
    /// The one request of a one-off client was answered.
    Done,
    /// The Edge wants no more requests (D-23): stopped until it is refreshed, gets a new key, or starts anew.
    Halted,
    /// Makes no requests, by configuration.
    Offline,
    /// Closed.
    Closed,
}

impl Connection {
    /// The name in reports and other languages.
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

/// The state of a client, as one value. Times are on the session's clock.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// Can it be asked?
    pub readiness: Readiness,
    /// What the connection does.
    pub connection: Connection,
    /// What went wrong last; `None` again once the Edge has answered well.
    pub problem: Option<Problem>,
    /// Attempts since the Edge last answered well.
    pub attempts: u32,
    /// Requests sent since the start, redirects counted.
    pub requests: u64,
    /// When the next request goes out by itself.
    pub next_attempt: Option<Millis>,
    /// When features were last received or confirmed: now less this is the age of the data.
    pub updated: Option<Millis>,
    /// Where the features came from last.
    pub source: Option<Source>,
    /// Has the Edge said that this environment is stale (status 236, `edge.stale`)? No request is made until a refresh (D-23, D-67).
    pub is_stale: bool,
    /// Features refused so far because the Edge sent them as those of an environment that no key opens.
    pub foreign_features: u64,
}

/// Why a client is not in touch. Never holds a key, nor a URL with one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Status 400: the request makes no sense to the Edge.
    BadRequest,
    /// Status 401 or 403.
    Unauthorised(u16),
    /// Status 404: the Edge does not know the key, or has an outage of its own (edge-protocol 2.5).
    NotFound,
    /// The stream said `failure`, for this reason.
    Failure(String),
    /// The environment is stale: the Edge wants no more requests (D-22, D-23).
    Stale,
    /// Status 429.
    TooManyRequests,
    /// Status 5xx.
    ServerError(u16),
    /// Any other status that is of no use here.
    UnexpectedStatus(u16),
    /// The Edge cannot stream (501).
    NoStreaming,
    /// The answer's content type is not what was asked for.
    ContentType(String),
    /// A redirect to another origin, in a circle, or to nowhere.
    Redirect,
    /// The answer, or an event, could not be read.
    Malformed(String),
    /// The answer, or an event, was larger than the limit of so many bytes.
    TooLarge(usize),
    /// An answer without any environment (D-68).
    NoEnvironments,
    /// An answer without features for an environment of which features are held, from an Edge that says so when it is in
    /// trouble (D-60). The features were kept.
    EmptyList,
    /// No connection, or it broke: what the transport says.
    Unreachable(String),
    /// The certificate was not accepted: what the transport says.
    Tls(String),
    /// Nothing, or too little, came in time.
    TimedOut(Stage),
    /// The stream ended before any features.
    ClosedEarly,
    /// The stream ended.
    Disconnected,
    /// The context cannot be sent.
    Context(TooManyAttributes),
    /// A newer context took the place of this one before its features were applied (D-120).
    Superseded,
    /// The client is closed.
    Closed,
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The connection itself.
    Connect,
    /// From the request to the complete head of the answer.
    Head,
    /// The body of a poll.
    Body,
    /// The first event with features on a stream.
    FirstEvent,
    /// The rest of an event that had begun.
    Event,
    /// Any sign of life on a stream.
    Silence,
    /// The evaluation for a context that was set. The limit is the caller's and ends no request (D-120).
    Context,
}

impl Problem {
    /// Is this a refusal: this client as it is will hardly be let in by trying again soon? (D-21)
    #[must_use]
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::BadRequest | Self::Unauthorised(_) | Self::NotFound | Self::Failure(_))
    }

    /// A short name for metrics and other languages.
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
            Self::BadRequest => f.write_str("the Edge takes the request for nonsense (status 400)"),
            Self::Unauthorised(status) => write!(f, "the Edge refuses the key (status {status})"),
            Self::NotFound => f.write_str("the Edge does not know the key (status 404)"),
            Self::Failure(reason) => write!(f, "the Edge refuses the stream: {reason}"),
            Self::Stale => f.write_str("the environment is stale: the Edge wants no more requests"),
            Self::TooManyRequests => f.write_str("the Edge wants fewer requests (status 429)"),
            Self::ServerError(status) => write!(f, "the Edge is in trouble (status {status})"),
            Self::UnexpectedStatus(status) => write!(f, "the Edge answered with status {status}"),
            Self::NoStreaming => f.write_str("the Edge cannot stream (status 501)"),
            Self::ContentType(found) => {
                write!(f, "the answer's content type is {found:?}: is that an Edge?")
            }
            Self::Redirect => {
                f.write_str("the Edge redirects to another origin, in a circle, or to nowhere")
            }
            Self::Malformed(why) => write!(f, "the answer cannot be read: {why}"),
            Self::TooLarge(limit) => write!(f, "the answer is larger than {limit} bytes"),
            Self::NoEnvironments => f.write_str("the answer holds no environment"),
            Self::EmptyList => {
                f.write_str("the answer holds no features though there were some; those were kept")
            }
            Self::Unreachable(why) => write!(f, "the Edge cannot be reached: {why}"),
            Self::Tls(why) => write!(f, "the Edge's certificate is not accepted: {why}"),
            Self::TimedOut(stage) => f.write_str(match stage {
                Stage::Connect => "no connection to the Edge came about in time",
                Stage::Head => "the Edge did not answer in time",
                Stage::Body => "the answer did not arrive in time",
                Stage::FirstEvent => "the stream brought no features in time",
                Stage::Event => "an event of the stream did not arrive in time",
                Stage::Silence => "the stream fell silent",
                Stage::Context => "the Edge did not evaluate for the context in time",
            }),
            Self::ClosedEarly => f.write_str("the stream ended before any features"),
            Self::Disconnected => f.write_str("the stream ended"),
            Self::Context(why) => write!(f, "{why}"),
            Self::Superseded => f.write_str("a newer context has replaced this one"),
            Self::Closed => f.write_str("the client is closed"),
        }
    }
}

impl std::error::Error for Problem {}

/// Something odd that changes nothing about the state, to be logged.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Several environments have a feature of this key; that of the earliest API key answers (D-61).
    KeyInSeveralEnvironments {
        /// The feature's key.
        feature: String,
        /// The environment that answers.
        answers: String,
    },
    /// A single value of this attribute holds a comma: an Edge takes it for two (D-82).
    CommaInValue {
        /// The attribute's name.
        attribute: String,
    },
    /// An interceptor's value does not fit the feature; the next one was asked (D-78).
    OverrideRefused {
        /// The interceptor's name.
        interceptor: String,
        /// The feature's key.
        feature: String,
        /// Why.
        why: String,
    },
    /// An interceptor panicked; it was passed over.
    InterceptorPanicked {
        /// The interceptor's name.
        interceptor: String,
    },
    /// The Edge cannot stream, so it is polled; streaming is tried again now and then (D-65).
    FellBackToPolling,
    /// A stored state was not used: why.
    StoreIgnored {
        /// Where it lay.
        source: Source,
        /// Why it was not used.
        why: String,
    },
    /// A part of an answer was not understood and had no effect.
    Ignored {
        /// What it was.
        what: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyInSeveralEnvironments { feature, answers } => {
                write!(f, "several environments have {feature}; that of {answers} answers")
            }
            Self::CommaInValue { attribute } => write!(
                f,
                "a value of the attribute {attribute} holds a comma: an Edge takes it for two values"
            ),
            Self::OverrideRefused { interceptor, feature, why } => {
                write!(f, "the override of {feature} by {interceptor} was not used: {why}")
            }
            Self::InterceptorPanicked { interceptor } => {
                write!(f, "the interceptor {interceptor} panicked and was passed over")
            }
            Self::FellBackToPolling => {
                f.write_str("the Edge does not stream: polling, and streaming again later")
            }
            Self::StoreIgnored { source, why } => {
                write!(f, "the state from {source} was not used: {why}")
            }
            Self::Ignored { what } => write!(f, "ignored: {what}"),
        }
    }
}
