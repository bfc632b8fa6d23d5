//! How a session behaves: fixed when it is made.

use std::ops::RangeInclusive;
use std::time::Duration;

use fh_eval::Profile;

use crate::edge_url::EdgeUrl;
use crate::key::ApiKeys;

/// How features are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One stream, kept open; polling where the Edge cannot stream (D-77).
    Streaming,
    /// A poll, and another after each interval.
    ActivePolling(Duration),
    /// A poll, and another when a feature is read after the interval.
    PassivePolling(Duration),
    /// One poll, repeated only until it is answered.
    OneOff,
    /// No requests at all.
    Offline,
}

/// The interval between polls if nothing else is said (sdk-behaviour 2.9).
pub const DEFAULT_INTERVAL: Duration = Duration::from_secs(180);

/// Where a stream's request carries the context of a server-evaluated key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ContextPlacement {
    /// In the `x-featurehub` header.
    #[default]
    Header,
    /// In the query, for those who cannot send headers with a stream, and for caches that look at nothing but the URL.
    Query,
}

/// What is answered while an Edge evaluates a changed context (D-62).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhileSwitching {
    /// The new context gets nothing, and the client is not ready, until the new values are in.
    #[default]
    HideValues,
    /// The new context gets the values of the one before: for programs that have one user only.
    KeepValues,
}

/// How long to wait before trying again (D-64). The delay is drawn from `[d × (1 − jitter), d]` with `d` = initial × 2ⁿ, at most the cap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// The first delay.
    pub initial: Duration,
    /// The longest delay.
    pub cap: Duration,
    /// How much of a delay is left to chance, from 0 to 1.
    pub jitter: f64,
}

/// How long things may take (D-74), and how large they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Until a connection stands. For the transport: a session cannot see it.
    pub connect: Duration,
    /// From the request to the complete head of its answer.
    pub head: Duration,
    /// A poll in all. Also the longest time that a caller of `set_context` waits for the outcome (D-120).
    pub poll: Duration,
    /// Without a complete line on a stream; also until its first features, and for one event, unless the bytes keep coming at [`Self::SLOWEST`].
    pub idle: Duration,
    /// Bytes of one body or event, after decoding.
    pub bytes: usize,
}

impl Limits {
    /// Bytes a second that keep a slow event alive beyond the idle limit.
    pub const SLOWEST: u64 = 1024;
}

/// Everything a session is told at its start.
#[derive(Clone)]
pub struct Config {
    /// Where the Edge is.
    pub edge: EdgeUrl,
    /// Keys of one kind.
    pub keys: ApiKeys,
    /// How features are fetched.
    pub mode: Mode,
    /// Where a stream's request carries the context.
    pub context_placement: ContextPlacement,
    /// What is answered while the context changes.
    pub while_switching: WhileSwitching,
    /// Further headers of each request.
    pub headers: Vec<(String, String)>,
    /// The value of `X-SDK`; `None` sends none, as browsers must (sdk-behaviour 0.3).
    pub identification: Option<String>,
    /// Delays after trouble that passes.
    pub backoff: Backoff,
    /// The delay after `bye`, and after the first other end of a stream that had brought features, is drawn from this (D-64).
    pub return_within: RangeInclusive<Duration>,
    /// Delays after a refusal (D-21).
    pub refused: Backoff,
    /// How long a stream has to be open for delays to begin anew.
    pub healthy_after: Duration,
    /// How long to poll before a stream is tried again where the Edge could not stream (D-65).
    pub stream_again_after: Duration,
    /// At most two requests go out within this time, whatever the cause (D-64).
    pub pace: Duration,
    /// Time and size limits.
    pub limits: Limits,
    /// Whose semantics the features of client-evaluated keys are compiled with.
    pub profile: Profile,
}

impl Config {
    /// The defaults: one client- or server-evaluated key streams, several keys poll (D-77).
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
        // Headers may hold what a user added to get past a proxy.
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Config")
            .field("edge", &self.edge)
            .field("keys", &self.keys)
            .field("mode", &self.mode)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}
