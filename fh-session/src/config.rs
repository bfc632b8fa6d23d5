//! The settings of a session, which are fixed when it is created.

use std::ops::RangeInclusive;
use std::time::Duration;

use fh_eval::Profile;

use crate::edge_url::EdgeUrl;
use crate::key::ApiKeys;

/// The way in which features are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One stream that stays open. The client polls instead while the Edge cannot stream (D-77).
    Streaming,
    /// A poll at the start, and another one after each interval.
    ActivePolling(Duration),
    /// A poll at the start, and another one when a feature is read after the interval has passed.
    PassivePolling(Duration),
    /// A single poll, retried until it succeeds.
    OneOff,
    /// No requests.
    Offline,
}

/// The default interval between polls (sdk-behaviour 2.9).
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(180);

/// The part of a stream's request that carries the context of a server-evaluated key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContextPlacement {
    /// The `x-featurehub` header.
    #[default]
    Header,
    /// The query. For programs that cannot send headers with a stream, and for caches that distinguish requests by URL only.
    Query,
}

/// The values that are served while an Edge evaluates a changed context (D-62).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhileSwitching {
    /// No values: reads for the new context find nothing, and the client is not ready, until the new values have arrived.
    #[default]
    HideValues,
    /// The values of the previous context, also for the new one. Only for programs that serve a single user.
    KeepValues,
}

/// Delays before retries (D-64). A delay is drawn from `[d × (1 − jitter), d]`, where `d` = initial × 2ⁿ, at most the cap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// The first delay.
    pub initial: Duration,
    /// The maximum delay.
    pub cap: Duration,
    /// The random part of a delay, from 0 to 1.
    pub jitter: f64,
}

/// Time limits (D-74) and a size limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Maximum time to open a connection. The transport enforces it, because a session cannot see connections.
    pub connect: Duration,
    /// Maximum time from the request to the complete head of the response.
    pub head: Duration,
    /// Maximum time of a poll as a whole. Also the maximum time that a caller of `set_context` waits for the outcome (D-120).
    pub poll: Duration,
    /// Maximum time without a complete line on a stream. Also the maximum time until its first features, and of one event. The latter two
    /// are longer if bytes arrive at [`Self::SLOWEST`] or faster.
    pub idle: Duration,
    /// Maximum size of a body or an event in bytes, after decoding.
    pub bytes: usize,
}

impl Limits {
    /// Minimum rate in bytes per second at which an event may take longer than the idle limit.
    pub const SLOWEST: u64 = 1024;
}

/// The settings of a session.
#[derive(Clone)]
pub struct Config {
    /// The URL of the Edge.
    pub edge: EdgeUrl,
    /// The API keys, all of one kind.
    pub keys: ApiKeys,
    /// The way in which features are fetched.
    pub mode: Mode,
    /// The part of a stream's request that carries the context.
    pub context_placement: ContextPlacement,
    /// The values that are served while the context changes.
    pub while_switching: WhileSwitching,
    /// Additional headers of each request.
    pub headers: Vec<(String, String)>,
    /// The value of the `X-SDK` header. `None` sends no such header, as browsers must (sdk-behaviour 0.3).
    pub identification: Option<String>,
    /// Delays after failures that may pass.
    pub backoff: Backoff,
    /// The range of the delay after a `bye` event, and after the first other end of a stream that had sent features (D-64).
    pub return_within: RangeInclusive<Duration>,
    /// Delays after refusals (D-21).
    pub refused: Backoff,
    /// The time for which a stream must have been open so that the next delay is the initial one again.
    pub healthy_after: Duration,
    /// The time for which the client polls before it retries a stream that the Edge could not provide (D-65).
    pub stream_again_after: Duration,
    /// The session sends at most two requests within this time, whatever their cause (D-64).
    pub pace: Duration,
    /// Time and size limits.
    pub limits: Limits,
    /// The evaluation rules with which features of client-evaluated keys are compiled.
    pub profile: Profile,
}

impl Config {
    /// Creates the default settings: streaming with one key, active polling with several (D-77).
    #[must_use]
    pub fn new(edge: EdgeUrl, keys: ApiKeys) -> Self {
        let mode = if keys.are_several() {
            Mode::ActivePolling(DEFAULT_INTERVAL)
        } else {
            Mode::Streaming
        };
        Self {
            edge,
            keys,
            mode,
            context_placement: ContextPlacement::default(),
            while_switching: WhileSwitching::default(),
            headers: Vec::new(),
            identification: Some(format!("Rust,{}", env!("CARGO_PKG_VERSION"))),
            backoff: Backoff {
                initial: Duration::from_secs(1),
                cap: Duration::from_secs(30),
                jitter: 0.5,
            },
            return_within: Duration::from_millis(100)..=Duration::from_secs(1),
            refused: Backoff {
                initial: Duration::from_secs(60),
                cap: Duration::from_secs(600),
                jitter: 0.5,
            },
            healthy_after: Duration::from_secs(60),
            stream_again_after: Duration::from_secs(600),
            pace: Duration::from_secs(1),
            limits: Limits {
                connect: Duration::from_secs(5),
                head: Duration::from_secs(12),
                poll: Duration::from_secs(12),
                idle: Duration::from_secs(90),
                bytes: 16 * 1024 * 1024,
            },
            profile: Profile::Client,
        }
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
