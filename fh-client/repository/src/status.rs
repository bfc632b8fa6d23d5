//! The state of a client as one value: its readiness, its connection and its problem.

use std::fmt;

use crate::problem::Problem;
use crate::readiness::Readiness;
use crate::source::Source;
use crate::system::System;
use crate::time::Millis;

/// The activity of the client's connection to the Edge.
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
    /// The client polls, and waits for the time of the next poll or of the next attempt to stream. In passive mode it may wait for the next
    /// read of a feature.
    Resting,
    /// The last attempt failed, or the Edge ended the stream. The next attempt is at [`SessionStatus::next_attempt`].
    Waiting,
    /// The Edge requested a pause, which ends at [`SessionStatus::next_attempt`].
    Paused,
    /// A one-off client has features, and sends no more requests unless a caller's command needs one.
    Done,
    /// The Edge wants no more requests. The client sends no requests until a refresh, a new key or a restart.
    Halted,
    /// The client is suspended: it keeps its features, and sends no requests unless a caller's command needs one.
    Suspended,
    /// The client sends no requests because its mode is offline.
    Offline,
    /// The client is closed.
    Closed,
}

impl Connection {
    /// Returns the name of the activity, such as `streaming`, which reports and bindings for other languages use.
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
            Self::Suspended => "suspended",
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
    /// The readiness of the client, which shows if the client has features to evaluate.
    pub readiness: Readiness,
    /// The activity of the client's connection to the Edge.
    pub connection: Connection,
    /// The last problem; `None` before the first problem, and after the Edge has sent or confirmed features without a problem. If the
    /// client polls only because the Edge cannot stream, [`Problem::NoStreaming`] takes the place of `None` then.
    pub problem: Option<Problem>,
    /// Number of failed attempts and broken streams since the Edge last sent or confirmed features.
    pub attempts: u32,
    /// Number of requests sent since the start, including those that follow redirects.
    pub requests: u64,
    /// The time of the next scheduled request; `None` if no request is scheduled.
    pub next_attempt: Option<Millis>,
    /// The time when the Edge last sent a list that the client applied, confirmed a list, or changed a feature. Before the first list of the
    /// Edge, the time of the first list of a store or a snapshot. `None` before the first list. The age of the features is the time since
    /// then.
    pub updated: Option<Millis>,
    /// The source of the last list that was applied, or of the last change that a stream sent; `None` before the first list. The list of a
    /// store that changes nothing counts only if no features were served before.
    pub source: Option<Source>,
    /// True if the Edge has declared this environment stale, by status 236 or by `edge.stale` with the value `true`. The client then sends
    /// no request until a refresh or a new key. A stream with status 236 counts while it is open, as soon as the client has features.
    pub is_stale: bool,
    /// True if the client holds features that it does not serve, because the Edge evaluated them for an earlier context, or because they
    /// were received with an API key of the other kind. Reads without a context then have no value, whatever the readiness is.
    pub is_withheld: bool,
    /// Number of features refused so far because they belong to an environment to which no key gives access, or to another environment than
    /// the list or stream that contains them.
    pub foreign_features: u64,
    /// The system of the server.
    pub system: System,
    /// The version of the newest flag or segment of FeatBit, in milliseconds of Unix time, from which the client asks for changes. `None`
    /// before the first flags, and for FeatureHub.
    pub cursor: Option<i64>,
    /// The difference in milliseconds by which the clock of FeatBit's server is ahead of this machine's, if a refusal has shown that they
    /// differ by more than 5 seconds. `None` otherwise, and for FeatureHub.
    pub clock_offset: Option<i64>,
}
