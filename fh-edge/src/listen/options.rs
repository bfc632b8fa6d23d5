//! The limits of a listener, and its other settings.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::capacity::{Limits, RESERVED};
use super::descriptors::default_max_connections;
use super::{AccessLog, Connections, TrustedProxies};

/// Limits of [`serve`](super::serve) for its peers, and other settings. Start from the defaults and set the fields that differ:
///
/// ```
/// use std::time::Duration;
/// use fh_edge::listen::ListenOptions;
///
/// let mut options = ListenOptions::default();
/// options.header_timeout = Some(Duration::from_secs(5));
/// options.idle_timeout = None; // no limit
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListenOptions {
    /// Maximum time of a TLS handshake. Then the connection is closed. Default: 10 seconds.
    pub handshake_timeout: Option<Duration>,
    /// Maximum time to receive the head of a request. It begins with the connection for the first request, and with the first byte for
    /// later ones. Then the connection is closed. Default: 10 seconds.
    pub header_timeout: Option<Duration>,
    /// Maximum time that a connection may stay open between two requests. It should be longer than the idle time of load balancers in
    /// front. Otherwise they send requests into connections that are being closed. Default: 90 seconds.
    pub idle_timeout: Option<Duration>,
    /// Maximum time in which a peer may take no byte of the data waiting for it. Then the connection is dropped. On Linux this is also the
    /// maximum time that sent bytes may stay unacknowledged, which detects peers that vanished. Default: 30 seconds.
    pub write_timeout: Option<Duration>,
    /// Maximum size of a request head in bytes, including the request line; on HTTP/2, of the header list. A larger head is answered with
    /// 431. Default: 32 KiB.
    pub max_header_bytes: NonZeroUsize,
    /// Maximum number of open connections. When it is reached, no connection is accepted until one closes, and peers wait in the system's
    /// queue (D-98).
    ///
    /// The default is the smaller of two bounds, read when these defaults are made. One is the number of file descriptors that this process
    /// may have open (the soft limit of `RLIMIT_NOFILE`) less 256. The other is half of the memory that the process may use, at 15 KiB per
    /// connection. That memory is the limit of the process's control group, or the machine's memory if it is smaller.
    ///
    /// If the [`App`](super::App) has probes, 16 more connections are accepted for them. Each has one second for its request head, and is
    /// closed if the request is not a probe.
    pub max_connections: NonZeroUsize,
    /// Maximum number of open connections per IPv4 address or IPv6 /64 network. Further ones are closed, unless they are for probes as
    /// above. Default: a quarter of `max_connections`.
    pub max_connections_per_address: PerAddress,
    /// Trusted proxies. They have no limit per address. Polls that [`App::poll_shortcut`](super::App::poll_shortcut) answers are counted
    /// for the clients that these proxies name. Default: none.
    pub proxies: TrustedProxies,
    /// Maximum number of simultaneous requests on one HTTP/2 connection. Default: 128.
    pub max_http2_requests: u32,
    /// Time that requests in flight have after the shutdown signal, before their connections are cut. Default: 20 seconds.
    pub grace: Duration,
    /// Interval of checks for new certificate files. `None` leaves reloading to [`Tls::reload`](super::Tls::reload). Default: 60 seconds.
    pub certificate_check: Option<Duration>,
    /// Log with one line for each request. Default: none.
    pub access_log: Option<AccessLog>,
    /// Counters of this listener's connections. Keep a clone to read them.
    pub connections: Connections,
}

/// Maximum number of connections of one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerAddress {
    /// A quarter of [`ListenOptions::max_connections`], at least one.
    Quarter,
    /// This many.
    Most(NonZeroUsize),
    /// No limit besides [`ListenOptions::max_connections`].
    Unlimited,
}

impl ListenOptions {
    /// Returns the limits of these options.
    pub(super) fn limits(&self, probes: Probes) -> Limits {
        let connections = self.max_connections.get();
        let per_address = match self.max_connections_per_address {
            PerAddress::Quarter => Some((connections / 4).max(1)),
            PerAddress::Most(most) => Some(most.get()),
            PerAddress::Unlimited => None,
        };
        let reserved = match probes {
            Probes::Answered => RESERVED,
            Probes::None => 0,
        };
        Limits { connections, per_address, reserved }
    }
}

/// Whether there are health checks, for which connections are reserved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probes {
    None,
    Answered,
}

impl Default for ListenOptions {
    fn default() -> Self {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        Self {
            handshake_timeout: seconds(10),
            header_timeout: seconds(10),
            idle_timeout: seconds(90),
            write_timeout: seconds(30),
            max_header_bytes: NonZeroUsize::new(32 * 1024).unwrap_or(NonZeroUsize::MAX),
            max_connections: default_max_connections(),
            max_connections_per_address: PerAddress::Quarter,
            proxies: TrustedProxies::default(),
            max_http2_requests: 128,
            grace: Duration::from_secs(20),
            certificate_check: seconds(60),
            access_log: None,
            connections: Connections::default(),
        }
    }
}
