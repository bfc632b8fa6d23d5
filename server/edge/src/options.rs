//! The settings of an Edge that do not belong to an environment.

use std::time::Duration;

use fh_eval::Profile;
use fh_listen::MemoryLimit;
use http::HeaderValue;

use crate::admin_key::AdminKey;

/// Settings of an Edge that do not belong to an environment. Every setting has a default that suits most cases:
///
/// ```
/// use std::time::Duration;
/// use fh_edge::{Edge, Options, Profile, state::State};
///
/// # fn run() -> Result<(), fh_edge::StartError> {
/// let mut options = Options::default();
/// options.profile = Profile::Edge;
/// options.heartbeat = Duration::from_secs(10);
/// options.requests_per_second = Some(50);
/// options.answer_cache = 8 << 20;
/// assert_eq!(options.drop_after, Duration::from_secs(600)); // the default
/// let edge = Edge::builder().options(options).state(State::default()).build()?;
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The profile by which the Edge evaluates features, in environments that set no profile of their own. A relay evaluates by
    /// [`Profile::Client`]. Default: [`Profile::Client`].
    pub profile: Profile,
    /// The `cache-control` header of responses that may be cached (`edge.cache-control.header`). It overrides the header of the
    /// environment, as on a FeatureHub server. Default: the header of the environment, if it has one.
    pub cache_control: Option<HeaderValue>,
    /// The interval of the heartbeats of feature streams (`edge.sse.heartbeat-period`). Zero means that these streams get no heartbeats. An
    /// event stream of the admin API gets a heartbeat every 20 seconds, or at this interval if it is shorter but not zero. Default: 20 seconds.
    pub heartbeat: Duration,
    /// The time after which a stream ends with `bye`, varied by up to 10 % (`edge.sse.drop-after-seconds`). If the stream first
    /// waits for a state, the wait has a time limit of its own of the same length. Zero means that streams have no time limit. Default: 600
    /// seconds.
    pub drop_after: Duration,
    /// The limit on requests with one key per second, as an average; 0 counts as 1. After a pause, a burst of up to this number of
    /// requests is answered at once. Above the limit, polls, PUTs and OFREP evaluations are answered with 429, and streams wait for their
    /// first list of features, at most one minute. Default: no limit.
    pub requests_per_second: Option<u32>,
    /// The limit on requests with one key from one address (IPv4 address or IPv6 /64 network) per second, as an average; 0 counts as 1.
    /// Requests above this limit are treated like those above [`Self::requests_per_second`]. Of these requests, only streams count towards
    /// the limit of the key, after they have waited. If this limit is well below the limit of the key, one address alone does not use up
    /// the rate of a key that other clients use, too.
    ///
    /// A relay counts all unverified keys of an address as one key. Requests without [`ConnectInfo`](axum::extract::ConnectInfo) have no
    /// limit per address. At most 65,536 pairs of a key and an address have a rate of their own; further pairs share one rate. Default: no
    /// limit.
    pub requests_per_second_per_address: Option<u32>,
    /// The maximum size in bytes of a request body, except for a state that is sent to the admin API. A larger body is answered with 413,
    /// and a body that does not arrive within 30 seconds with 408. OFREP requests get 400 for both. Default: 1 MiB.
    pub body_limit: usize,
    /// The maximum size in bytes of a request's evaluation context, as text in the header, the query or the JSON body. A larger context is
    /// answered with 413, or with 400 for OFREP. Default: 16 KiB.
    pub max_context_bytes: usize,
    /// The maximum work of the evaluations for one request, in steps of about a nanosecond ([`fh_eval::WorkBound`]). If the evaluations
    /// that a request starts may need more steps, the request is answered with 413, or with 400 for OFREP. An open stream that may need
    /// more ends with `bye`. Default: 32,000,000.
    pub evaluation_budget: u64,
    /// The maximum memory in bytes of the evaluated answers that are cached, for all environments together. If the memory is exceeded,
    /// cached answers are evicted. Default: 32 MiB.
    pub answer_cache: u64,
    /// The maximum memory in bytes that requests reserve while they wait for their peers, for all requests together: bodies that arrive,
    /// answers of server-evaluated keys and of OFREP until they are sent, and the contexts of streams. A number below 64 KiB counts as 64
    /// KiB, and a number above 2 GiB as 2 GiB. One address (IPv4 address or IPv6 /64 network) may use a quarter of the memory.
    /// Requests that wait for memory may take a further quarter. A request that gets no memory within 5 seconds is answered with 503, and a
    /// stream gets its features later. Default: a quarter of the memory that the process may use ([`MemoryLimit`]), at
    /// most 2 GiB, or 64 MiB if this memory is not known.
    pub request_memory: u64,
    /// The compression of responses to polls with one key, for clients that accept gzip. Other responses are never compressed. Default:
    /// [`Compression::Gzip`].
    pub compression: Compression,
    /// The names of request headers that browsers may send in addition to the default ones (`jersey.cors.headers`). Invalid names are
    /// ignored. Default: none.
    pub cors_headers: Vec<String>,
    /// The names of response headers that browsers may read in addition to the default ones (`jersey.cors.expose-headers`). Invalid names
    /// are ignored. Default: none.
    pub cors_expose_headers: Vec<String>,
    /// The time for which browsers may cache the CORS permissions (`jersey.cors.timeout`). Default: one day.
    pub cors_max_age: Duration,
    /// The port that serves `/`, `/health` and `/metrics`. Use [`Monitoring::Apart`] if they have a port of their own. Default: the port of
    /// the API.
    pub monitoring: Monitoring,
    /// The key that allows reading and changing the state through `/admin/v1`. Default: none, which disables the admin API.
    pub admin_key: Option<AdminKey>,
    /// The port that serves the admin API (`/admin/v1`) and the console. Default: the port of the API.
    pub administration: Administration,
    /// The transport that requests to `/admin/v1` must use. Default: [`AdminTransport::Protected`].
    pub admin_transport: AdminTransport,
    /// The setting that enables the web page at `/console`. The page uses `/admin/v1`, so a router that is made without an admin key does
    /// not serve the page. Default: [`Console::Off`].
    pub console: Console,
}

impl Options {
    /// Returns true if the options place the admin API on the port of the API.
    pub(crate) fn is_admin_with_api(&self) -> bool {
        match self.administration {
            Administration::WithApi => true,
            Administration::WithMonitoring => self.monitoring == Monitoring::WithApi,
            Administration::Apart => false,
        }
    }
}

/// The compression of responses to polls with one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Compression {
    /// Responses are never compressed.
    Off,
    /// Bodies of at least 1024 bytes are compressed for clients that accept gzip, if the compression at least halves their size.
    Gzip,
}

/// The port that serves `/`, `/health` and `/metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Monitoring {
    /// The port of the API.
    WithApi,
    /// A separate port (`monitor.port`), which serves [`Edge::monitor_router`](crate::Edge::monitor_router).
    Apart,
}

/// The port that serves `/admin/v1` and the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Administration {
    /// The port of the API.
    WithApi,
    /// The port of `/health` and `/metrics`; see [`Options::monitoring`].
    WithMonitoring,
    /// No port, unless the embedding program mounts [`Edge::admin_router`](crate::Edge::admin_router).
    Apart,
}

/// The transport that requests to `/admin/v1` must use, so that the admin key cannot be read on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminTransport {
    /// TLS, or plain HTTP from this machine (loopback). TLS may end in [`listen`](crate::listen), or in a trusted proxy that sends
    /// `x-forwarded-proto: https`. A request from loopback with a header of a proxy, such as `via`, counts as one from another machine. Other
    /// requests are answered with 403. A request without [`ConnectInfo`](axum::extract::ConnectInfo) is allowed, because its origin is not
    /// known.
    Protected,
    /// Any transport, including plain HTTP. This setting is for networks that no other party can read, or for programs that terminate TLS
    /// themselves.
    Any,
}

/// The setting that enables or disables the web page at `/console`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Console {
    /// No page is served.
    Off,
    /// The page is served with the admin API.
    On,
}

/// Returns a quarter of the memory that the process may use, in whole MiB, at most 2 GiB.
fn default_request_memory() -> u64 {
    let quarter = MemoryLimit::read().map_or(64 << 20, |limit| limit.bytes / 4);
    (quarter.min(2 << 30) >> 20) << 20
}

impl Default for Options {
    fn default() -> Self {
        Self {
            profile: Profile::Client,
            cache_control: None,
            heartbeat: Duration::from_secs(20),
            drop_after: Duration::from_secs(600),
            requests_per_second: None,
            requests_per_second_per_address: None,
            body_limit: 1 << 20,
            max_context_bytes: 16 << 10,
            evaluation_budget: 32_000_000,
            answer_cache: 32 << 20,
            request_memory: default_request_memory(),
            compression: Compression::Gzip,
            cors_headers: Vec::new(),
            cors_expose_headers: Vec::new(),
            cors_max_age: Duration::from_secs(86_400),
            monitoring: Monitoring::WithApi,
            admin_key: None,
            administration: Administration::WithApi,
            admin_transport: AdminTransport::Protected,
            console: Console::Off,
        }
    }
}
