//! The settings of a session. Only the API keys can be changed after the session is created.

use std::ops::RangeInclusive;
use std::time::Duration;

use fh_eval::Profile;

use crate::edge_url::EdgeUrl;
use crate::key::ApiKeys;

/// The way in which a client fetches features from the Edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mode {
    /// The client receives features by a stream. After the end of a stream it opens another one, unless the Edge wants no more requests.
    /// While the Edge cannot stream, the client polls instead. A session with several API keys never streams, because an Edge has one
    /// stream per key: in this mode it polls every 180 seconds, or at the interval that the Edge requests.
    Streaming,
    /// The client polls at the start, and then in intervals. The variant holds the interval, which the Edge may change.
    Polling(Duration),
    /// The client polls at the start, and again when a feature is read after the interval has passed. The variant holds the interval, which
    /// the Edge may change.
    Passive(Duration),
    /// The client polls once. Commands of callers may cause further polls, and a failed poll is retried while the client has no features
    /// for its context.
    Once,
    /// The client sends no requests.
    Offline,
}

/// The default interval between polls: 180 seconds.
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(180);
/// The interval between polls while streams are held back: 30 seconds, unless the Edge requests another interval.
pub(crate) const HELD_BACK_INTERVAL: Duration = Duration::from_secs(30);

/// The part of a stream's request that carries the context of a server-evaluated key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ContextPlacement {
    /// The context is sent in the `x-featurehub` header.
    #[default]
    Header,
    /// The context is sent in the query of the URL. This suits programs that cannot send headers with a stream, and caches that distinguish
    /// requests by URL only.
    Query,
}

/// The values that are served while an Edge evaluates a changed context.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WhileSwitching {
    /// The values of the previous context are not served for the new context. The client is not ready until the new values have arrived.
    #[default]
    Hide,
    /// The values of the previous context are served for the new context as well, until the new values have arrived. Use this variant only
    /// in programs that serve a single user.
    Keep,
}

/// Delays before retries. A delay is a random time in `[d × (1 − jitter), d]`, but at least 100 ms, or the initial delay if that is
/// shorter. The value `d` is the initial delay at first. It doubles with each further delay, at most 31 times and at most to the cap, until
/// the delays begin anew. While a client polls in intervals, `d` of [`Config::backoff`] is also at most the interval, or the initial delay
/// if that is longer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// The first value of `d`, unless the cap is lower.
    pub initial: Duration,
    /// The maximum of `d`. A retry may follow later, for example because the Edge requests a longer delay, or because a polling client with
    /// features waits for its next poll.
    pub cap: Duration,
    /// The share of `d` that is random, from 0 (no randomness) to 1. A finite value below 0 counts as 0, and a finite value above 1 as 1.
    /// NaN and infinite values count as 0.5.
    pub jitter: f64,
}

/// Time limits and a size limit. A request that exceeds a limit fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum time to open a connection. The transport enforces this limit, because a session cannot observe connections.
    pub connect: Duration,
    /// Maximum time from the request to the complete head of the response.
    pub head: Duration,
    /// Maximum time from the request of a poll to its complete response. Also the maximum time for which a caller that sets a context waits
    /// for the outcome; the caller then gets a timeout. If the context is set before the start, this time begins at the start.
    pub poll: Duration,
    /// Maximum time without a complete line on a stream, or without a byte while a line or an event is unfinished. Also the maximum time
    /// until the first list of features arrives on a stream, and the maximum time of an unfinished line or event. The latter two are longer
    /// if at least 1,024 bytes per second arrive.
    pub idle: Duration,
    /// Time after which a stream that has not sent its first list counts as held back: this time has passed without a complete event
    /// or comment, and fewer than 1,024 bytes per second arrived in it.
    pub held_back: Duration,
    /// Maximum size in bytes of a body, or of a line or an event of a stream, after decompression. The name and the id of an event may have
    /// at most 64 KiB. A response that exceeds a size is aborted. The problem is then
    /// [`Problem::TooLarge`](fh_repository::problem::Problem::TooLarge), or [`Problem::Stale`](fh_repository::problem::Problem::Stale) if
    /// no request follows because the stream had status 236.
    pub bytes: usize,
}

impl Default for Limits {
    /// Returns the limits of [`Config::new`].
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            head: Duration::from_secs(12),
            poll: Duration::from_secs(12),
            idle: Duration::from_secs(90),
            held_back: Duration::from_secs(15),
            bytes: 16 * 1024 * 1024,
        }
    }
}

impl Limits {
    /// Minimum rate in bytes per second at which a line or an event, or the first list of a stream, may take longer than the idle limit, and
    /// at which a stream does not count as held back.
    pub(crate) const SLOWEST: u64 = 1024;
}

/// The settings of a session, such as the URL of the Edge, the API keys and the delays before retries.
#[derive(Clone)]
pub struct Config {
    /// The base URL of the Edge.
    pub edge: EdgeUrl,
    /// The API keys, which are all client-evaluated or all server-evaluated.
    pub keys: ApiKeys,
    /// The way in which the client fetches features.
    pub mode: Mode,
    /// The part of a stream's request that carries the context of a server-evaluated key.
    pub context_placement: ContextPlacement,
    /// The values that are served while an Edge evaluates a changed context.
    pub while_switching: WhileSwitching,
    /// Names and values of additional headers of each request.
    pub headers: Vec<(String, String)>,
    /// The value of the `X-SDK` header. If the value is `None`, the session adds no such header. Clients in browsers must not send the
    /// header.
    pub identification: Option<String>,
    /// The delays before retries after failures that are probably temporary.
    pub backoff: Backoff,
    /// The range of the random delay before a reconnect after a stream that had sent features was closed or broke. The range applies if the
    /// stream had sent a `bye` event. Otherwise the range applies at most once after the start and after each successful poll, `bye` event,
    /// healthy stream or change of keys, and only before the first delay of `backoff`. A stream may request a longer delay with
    /// `retry:`.
    pub return_within: RangeInclusive<Duration>,
    /// The delays before retries after the Edge has refused the client.
    pub refused: Backoff,
    /// The time after which a stream that has sent features counts as healthy. After the end of a healthy stream, the delays of `backoff` begin anew.
    pub healthy_after: Duration,
    /// The time for which the client polls after the Edge could not stream, or its streams were held back. The first request after this time is for a stream again.
    pub stream_again_after: Duration,
    /// The time within which the session sends at most two requests. Further requests wait.
    pub pace: Duration,
    /// The time limits and the size limit of requests.
    pub limits: Limits,
    /// The evaluation profile with which features are compiled.
    pub profile: Profile,
}

impl Config {
    pub(crate) const BACKOFF: Backoff =
        Backoff { initial: Duration::from_secs(1), cap: Duration::from_secs(30), jitter: 0.5 };
    pub(crate) const RETURN_WITHIN: RangeInclusive<Duration> =
        Duration::from_millis(100)..=Duration::from_secs(1);
    pub(crate) const REFUSED: Backoff =
        Backoff { initial: Duration::from_secs(60), cap: Duration::from_secs(600), jitter: 0.5 };
    pub(crate) const HEALTHY_AFTER: Duration = Duration::from_secs(10);
    pub(crate) const STREAM_AGAIN_AFTER: Duration = Duration::from_secs(600);
    pub(crate) const PACE: Duration = Duration::from_secs(1);

    /// Creates the default settings: streaming if there is one key, active polling if there are several keys.
    #[must_use]
    pub fn new(edge: EdgeUrl, keys: ApiKeys) -> Self {
        let mode =
            if keys.are_several() { Mode::Polling(DEFAULT_INTERVAL) } else { Mode::Streaming };
        Self {
            edge,
            keys,
            mode,
            context_placement: ContextPlacement::default(),
            while_switching: WhileSwitching::default(),
            headers: Vec::new(),
            identification: Some(format!("Rust,{}", env!("CARGO_PKG_VERSION"))),
            backoff: Self::BACKOFF,
            return_within: Self::RETURN_WITHIN,
            refused: Self::REFUSED,
            healthy_after: Self::HEALTHY_AFTER,
            stream_again_after: Self::STREAM_AGAIN_AFTER,
            pace: Self::PACE,
            limits: Limits::default(),
            profile: Profile::Client,
        }
    }

    /// Returns the names and the values of the settings that are single durations.
    pub fn durations(&self) -> impl Iterator<Item = (&'static str, Duration)> + use<> {
        [
            ("healthy_after", self.healthy_after),
            ("stream_again_after", self.stream_again_after),
            ("pace", self.pace),
        ]
        .into_iter()
    }
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Header values may hold credentials for a proxy.
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Config")
            .field("edge", &self.edge)
            .field("keys", &self.keys)
            .field("mode", &self.mode)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}
