//! How an Edge behaves towards its clients.

use std::time::Duration;

use fh_eval::Profile;
use http::HeaderValue;

use crate::admin_key::AdminKey;

/// Settings of an Edge that do not belong to an environment. Every one has a default that suits most. For each there is a method
/// of its name, which sets it:
///
/// ```
/// use std::time::Duration;
/// use fh_edge::{Edge, Options, Profile, state::State};
///
/// # fn run() -> Result<(), fh_edge::StartError> {
/// let options = Options::default()
///     .profile(Profile::Edge)
///     .heartbeat(Duration::from_secs(10))
///     .requests_per_second(Some(50))
///     .answer_cache(8 << 20);
/// assert_eq!(options.drop_after, Duration::from_secs(600)); // the default
/// let edge = Edge::builder().options(options).state(State::default()).build()?;
/// # Ok(()) }
/// # run().unwrap();
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// How server-evaluated keys are evaluated in environments that do not say (D-91). Default: `client`.
    pub profile: Profile,
    /// The `cache-control` of all answers (`edge.cache-control.header`). It wins over what an environment says, as on a FeatureHub
    /// server. Default: what the environment says.
    pub cache_control: Option<HeaderValue>,
    /// How often a stream says that it is alive (`edge.sse.heartbeat-period`); zero: never. Default: 20 s (D-103).
    pub heartbeat: Duration,
    /// How long a stream lasts until it says `bye`, give or take a tenth (`edge.sse.drop-after-seconds`); zero: for ever.
    /// Default: 600 s.
    pub drop_after: Duration,
    /// How many requests of one key are answered in a second; beyond it 429, and streams that wait for their features, in turn and
    /// at most a minute (D-98). Default: no limit.
    pub requests_per_second: Option<u32>,
    /// The number of requests of one key from one address, of IPv6 from one network of 64 bits, that are answered in a second. The rest is
    /// answered as beyond [`Self::requests_per_second`], and does not count there, so that one client does not use up the rate of
    /// a key that others have, too. A relay counts the keys of an address that it does not know to be good as one. Requests without
    /// [`ConnectInfo`](axum::extract::ConnectInfo) have no such limit. Default: no limit.
    pub requests_per_second_per_address: Option<u32>,
    /// Longest body of a PUT, in bytes; it has 30 seconds to arrive, else 408. Default: 1 MiB.
    pub body_limit: usize,
    /// Longest context of a request, in bytes as it is written in the header, the query or the JSON body; beyond it 413 (D-115).
    /// Default: 16 KiB.
    pub max_context_bytes: usize,
    /// The most work that evaluating for one request may take, in steps ([`fh_eval::WorkBound`]); beyond it 413 (D-115). A step
    /// takes about a nanosecond. Default: 32,000,000.
    pub evaluation_budget: u64,
    /// Memory for evaluated answers of all environments together, in bytes. Default: 32 MiB.
    pub answer_cache: u64,
    /// Are answers of polls compressed for those who take gzip? Default: they are. Streams never are.
    pub compression: Compression,
    /// Further request headers that browsers may send (`jersey.cors.headers`).
    pub cors_headers: Vec<String>,
    /// Further response headers that browsers may read (`jersey.cors.expose-headers`).
    pub cors_expose_headers: Vec<String>,
    /// How long browsers remember what is allowed (`jersey.cors.timeout`). Default: a day.
    pub cors_max_age: Duration,
    /// Are `/`, health, metrics and the like answered beside the API? `Apart` when they have a port of their own. Default: they are.
    pub monitoring: Monitoring,
    /// Who has it may read and change everything by `/admin/v1`. Default: none, and then there is no such thing.
    pub admin_key: Option<AdminKey>,
    /// Where `/admin/v1` and the console are answered. Default: beside the API.
    pub administration: Administration,
    /// How a request to `/admin/v1` must have travelled. Default: not over plain HTTP from another machine, as far as is known.
    pub admin_transport: AdminTransport,
    /// Is there a page for people at `/console`? It works by `/admin/v1`, so without an admin key there is none. Default: off.
    pub console: Console,
}

/// Whether answers of polls are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// They never are.
    Off,
    /// They are for those who take it, where it halves them at least.
    Gzip,
}

/// Where `/`, `/health`, `/metrics` are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Monitoring {
    /// Beside the API, on its port.
    WithApi,
    /// On a port of its own (`monitor.port`); see `Edge::monitor_router`.
    Apart,
}

/// Where `/admin/v1` and the console are answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administration {
    /// On the port of the API.
    WithApi,
    /// Where `/health` and `/metrics` are: see [`Options::monitoring`].
    WithMonitoring,
    /// Only where the program that embeds this Edge mounts [`Edge::admin_router`](crate::Edge::admin_router).
    Apart,
}

/// How requests to `/admin/v1` must have travelled, so that the admin key is not read on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminTransport {
    /// From this machine (loopback), or over TLS: of [`listen`](crate::listen), or of a trusted proxy that says
    /// `x-forwarded-proto: https`. Others are answered 403. Without [`ConnectInfo`](axum::extract::ConnectInfo) it is not known
    /// where a request comes from, and it passes.
    Protected,
    /// In any way: on a network that no other party can read, or where a server of the program's own terminates TLS.
    Any,
}

/// A page for people, at `/console`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Console {
    /// None.
    Off,
    /// Beside the admin API.
    On,
}

/// One method for each setting: takes the options and gives them back with it.
macro_rules! setters {
    ($($name:ident: $kind:ty,)*) => {
        impl Options {$(
            #[doc = concat!("Sets [`", stringify!($name), "`](Self#structfield.", stringify!($name), ").")]
            #[must_use]
            pub fn $name(self, $name: $kind) -> Self {
                Self { $name, ..self }
            }
        )*}
    };
}

setters! {
    profile: Profile,
    cache_control: Option<HeaderValue>,
    heartbeat: Duration,
    drop_after: Duration,
    requests_per_second: Option<u32>,
    requests_per_second_per_address: Option<u32>,
    body_limit: usize,
    max_context_bytes: usize,
    evaluation_budget: u64,
    answer_cache: u64,
    compression: Compression,
    cors_headers: Vec<String>,
    cors_expose_headers: Vec<String>,
    cors_max_age: Duration,
    monitoring: Monitoring,
    admin_key: Option<AdminKey>,
    administration: Administration,
    admin_transport: AdminTransport,
    console: Console,
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
