//! The settings of a session with a FeatBit server.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use fh_eval::featbit::Profile;

use super::endpoints::Endpoints;
use super::secret::Secret;
use crate::config::{Backoff, Config as FeatureHubConfig, Limits};

/// The way in which a client fetches flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// The client keeps a socket open. While sockets do not work, it polls.
    #[default]
    Streaming,
    /// The client polls in intervals, from the end of a poll to the start of the next one.
    Polling(Duration),
    /// The client sends no requests.
    Offline,
}

/// The settings of a session. The times and limits have the meaning that they have for FeatureHub.
#[derive(Clone)]
pub struct Config {
    /// The URLs of the server.
    pub endpoints: Endpoints,
    /// The secret of the environment.
    pub secret: Secret,
    /// The way in which the client fetches flags.
    pub mode: Mode,
    /// The value of the header `user-agent`; `None` leaves the header to the transport.
    pub identification: Option<String>,
    /// The delays before retries after failures that are probably temporary.
    pub backoff: Backoff,
    /// The range of the random delay before a new socket after one that had brought flags has ended.
    pub return_within: RangeInclusive<Duration>,
    /// The delays before retries after the server has refused the secret.
    pub refused: Backoff,
    /// The time after which a socket counts as healthy. After the end of a healthy socket, the delays of `backoff` begin anew.
    pub healthy_after: Duration,
    /// The time for which the client polls after three sockets in a row brought no message.
    pub stream_again_after: Duration,
    /// The time within which the session sends at most two requests. Further requests wait.
    pub pace: Duration,
    /// The time limits, and the limit of the size of a message or a body in bytes. `idle` is the longest time without a byte on a socket, and
    /// `held_back` that before the answer to the request for flags.
    pub limits: Limits,
    /// True to ask for everything from time to time, because a server reports neither deleted flags nor older data.
    pub full_sync: bool,
    /// The rules by which flags are evaluated.
    pub profile: Profile,
}

/// The limit of the size of a message: 64 MiB. An environment of 3,000 flags has about 5.6 MB.
const MESSAGE: usize = 64 * 1024 * 1024;
/// The time limit of a poll, whose answer may be that large.
const POLL: Duration = Duration::from_secs(60);
/// The time without a byte after which a socket counts as dead. A server answers pings, which are sent more often.
const SILENCE: Duration = Duration::from_secs(40);
/// The time without a byte after which a socket counts as dead while the answer to the request for flags is outstanding.
const ANSWER: Duration = Duration::from_secs(10);

impl Config {
    /// Creates the default settings: streaming, and the delays of a session with FeatureHub.
    #[must_use]
    pub fn new(endpoints: Endpoints, secret: Secret) -> Self {
        Self {
            endpoints,
            secret,
            mode: Mode::default(),
            identification: Some(concat!("fh-client/", env!("CARGO_PKG_VERSION")).to_string()),
            backoff: FeatureHubConfig::BACKOFF,
            return_within: FeatureHubConfig::RETURN_WITHIN,
            refused: FeatureHubConfig::REFUSED,
            healthy_after: FeatureHubConfig::HEALTHY_AFTER,
            stream_again_after: FeatureHubConfig::STREAM_AGAIN_AFTER,
            pace: FeatureHubConfig::PACE,
            limits: Limits {
                bytes: MESSAGE,
                poll: POLL,
                idle: SILENCE,
                held_back: ANSWER,
                ..Limits::default()
            },
            full_sync: true,
            profile: Profile::default(),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("endpoints", &self.endpoints)
            .field("secret", &self.secret)
            .field("mode", &self.mode)
            .finish_non_exhaustive()
    }
}
