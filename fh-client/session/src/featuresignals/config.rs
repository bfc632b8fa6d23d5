//! The settings of a session with a FeatureSignals server.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::endpoint::Endpoint;
use super::key::Key;
use crate::config::{Backoff, Config as FeatureHubConfig, Limits, WhileSwitching};

/// The way in which a client gets flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// The server evaluates. The client polls in intervals, from the end of a poll to the start of the next one.
    Polling(Duration),
    /// The server evaluates. The client keeps a stream open, and polls after each event and each connect, and in these intervals.
    Streaming(Duration),
    /// The server evaluates. The client polls once, and again after each failure and each change of its context.
    Once,
    /// The client evaluates a ruleset that it gets as [`Input::Stored`](crate::Input::Stored), and sends no requests.
    Local,
    /// The client sends no requests, and is ready without flags.
    Offline,
}

/// The contexts for which the client asks the server for reasons and variants, which takes a request more for each 100 flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reasons {
    /// Contexts with attributes, whose values need these requests in any case.
    #[default]
    OfContextsWithAttributes,
    /// All contexts.
    Always,
}

/// The settings of a session. The times and limits have the meaning that they have for FeatureHub.
#[derive(Clone)]
pub struct Config {
    /// The server and the environment.
    pub endpoint: Endpoint,
    /// The API key; `None` for a client that sends no requests.
    pub key: Option<Key>,
    /// The way in which the client gets flags.
    pub mode: Mode,
    /// The contexts with reasons and variants.
    pub reasons: Reasons,
    /// The keys of the flags that the program reads; `None` for all flags.
    pub flags: Option<Vec<Box<str>>>,
    /// The time after which the client replaces a stream by a new one. A server may lose events on an older stream.
    pub stream_lifetime: Duration,
    /// The values that are served while the server evaluates another context.
    pub while_switching: WhileSwitching,
    /// The value of the header `user-agent`; `None` leaves the header to the transport.
    pub identification: Option<String>,
    /// The delays before retries after failures that are probably temporary.
    pub backoff: Backoff,
    /// The range of the random delay before a new stream after the server has ended one.
    pub return_within: RangeInclusive<Duration>,
    /// The delays before retries after the server has refused the client.
    pub refused: Backoff,
    /// The time for which the client polls only, after three refused streams in a row.
    pub stream_again_after: Duration,
    /// The time within which the session begins at most two polls or streams. Further ones wait.
    pub pace: Duration,
    /// The time limits, and the limit of the size of all bodies of a poll in bytes. A session with FeatureSignals does not use `idle` and `held_back`.
    pub limits: Limits,
}

impl Config {
    /// The interval of polls.
    pub const INTERVAL: Duration = Duration::from_secs(30);
    /// The lifetime of a stream. A server as shipped loses the first event that is later than 30 seconds after the request.
    pub const STREAM_LIFETIME: Duration = Duration::from_secs(25);

    /// Creates the default settings: polls every 30 seconds, and the delays of a session with FeatureHub.
    #[must_use]
    pub fn new(endpoint: Endpoint, key: impl Into<Option<Key>>) -> Self {
        Self {
            endpoint,
            key: key.into(),
            mode: Mode::Polling(Self::INTERVAL),
            reasons: Reasons::default(),
            flags: None,
            stream_lifetime: Self::STREAM_LIFETIME,
            while_switching: WhileSwitching::default(),
            identification: Some(concat!("fh-client/", env!("CARGO_PKG_VERSION")).to_string()),
            backoff: FeatureHubConfig::BACKOFF,
            return_within: FeatureHubConfig::RETURN_WITHIN,
            refused: FeatureHubConfig::REFUSED,
            stream_again_after: FeatureHubConfig::STREAM_AGAIN_AFTER,
            pace: FeatureHubConfig::PACE,
            limits: Limits::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("endpoint", &self.endpoint)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
