//! The limits and other settings of a server.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::capacity::{Limits, RESERVED};
use super::{AccessLog, ConnectionLimit, Connections, ProxyProtocol, TrustedProxies};

/// The limits that [`serve`](super::serve) sets for its peers, and other settings. Start from the defaults and set the fields that differ.
/// A limit of `None` does not apply:
///
/// ```
/// use std::time::Duration;
/// use fh_listen::ListenOptions;
///
/// let mut options = ListenOptions::default();
/// options.header_timeout = Some(Duration::from_secs(5));
/// options.idle_timeout = None; // no limit
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListenOptions {
    /// The maximum duration of a TLS handshake. A connection that exceeds it is closed. Default: 10 seconds.
    pub handshake_timeout: Option<Duration>,
    /// The maximum time to receive the head of a request. For the first request, the time begins with the connection, or after the TLS
    /// handshake. For a later request on HTTP/1, the time begins with the first byte of the request. Later requests on HTTP/2 have no such
    /// limit. A connection that exceeds the time is closed. Default: 10 seconds.
    pub header_timeout: Option<Duration>,
    /// The maximum time that a connection may stay open between two requests. Then it is closed. On HTTP/2 it may stay open for up to twice
    /// this time and a few seconds more. If [`Self::header_timeout`] is `None`, this time also limits the wait for the first request on
    /// HTTP/2. The time should be longer than the idle time of load balancers in front, which otherwise send requests into connections that
    /// are being closed. Default: 90 seconds.
    pub idle_timeout: Option<Duration>,
    /// The maximum time for which a peer may read nothing although data waits for it. Then the connection is closed, or the stream of an
    /// HTTP/2 connection is reset. On Linux this is also the maximum time that sent bytes may stay unacknowledged, which detects peers that
    /// vanished. On HTTP/2, the server also sends a ping after this time without data from the peer, and closes the connection if no
    /// response arrives within this time. Default: 30 seconds.
    pub write_timeout: Option<Duration>,
    /// The maximum size in bytes of a request head with its request line, or of the header list on HTTP/2. A request with a larger head, or
    /// on HTTP/1 with more than 100 headers, is answered with status 431, or its connection is closed without an answer. Default: 32 KiB.
    pub max_header_bytes: NonZeroUsize,
    /// The maximum number of open connections of one call of [`serve`](super::serve), without those that are reserved for probes. When it
    /// is reached, and all connections that are reserved for probes are in use, no connection is accepted until one closes, and peers wait
    /// in the operating system's queue.
    ///
    /// The default is the smaller of two numbers, which are read when the defaults are made. One is the number of file descriptors that
    /// this process may have open (the soft limit of `RLIMIT_NOFILE`) less 256, but at least half of that limit. The other is known only on
    /// Unix: three eighths of the memory that the process may use ([`MemoryLimit`](super::MemoryLimit)), divided by 15 KiB per connection. The default is at least 1 and at most 1,048,320.
    ///
    /// If the [`App`](super::App) has probes, 16 more connections are accepted for them. Such a connection has at most one second for its
    /// TLS handshake, and at most one second to send its request head. After a probe, the connection is closed. If the request is not a
    /// probe, the connection is closed without an answer, unless the limits now allow another regular connection. In that case the
    /// connection becomes a regular one.
    pub max_connections: NonZeroUsize,
    /// The maximum number of open connections per IPv4 address or IPv6 /64 network. Further connections are closed. If the
    /// [`App`](super::App) has probes, a further connection may use one of the 16 connections that are reserved for probes. Each address or
    /// network may use at most 8 of these. Default: a quarter of `max_connections`, but at least one.
    pub max_connections_per_address: PerAddress,
    /// The trusted proxies, which have no limit of connections per address. A [`Shortcut`](super::Shortcut) gets this list as well.
    /// Default: none.
    pub proxies: TrustedProxies,
    /// The use of the PROXY protocol by the trusted proxies. [`Self::header_timeout`] limits the time of its header, too. Default:
    /// [`ProxyProtocol::Off`].
    pub proxy_protocol: ProxyProtocol,
    /// The maximum number of simultaneous requests on one HTTP/2 connection. Further requests are refused until a request ends, and after
    /// 1024 refusals the next refusal closes the connection. Default: 128.
    pub max_http2_requests: u32,
    /// The time that requests in flight have to end after the shutdown signal. Then their connections are cut. Default: 20 seconds.
    pub grace: Duration,
    /// The interval at which certificate files are checked for new certificates. With `None` or zero, certificates are reloaded only by
    /// [`Tls::reload`](super::Tls::reload). Default: 60 seconds.
    pub certificate_check: Option<Duration>,
    /// The access log. Default: `None`, which writes no log.
    pub access_log: Option<AccessLog>,
    /// The counters of the server's connections. Keep a clone of them to read the counters while the server is running.
    pub connections: Connections,
}

/// The maximum number of open connections per IPv4 address or IPv6 /64 network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerAddress {
    /// A quarter of [`ListenOptions::max_connections`], at least one.
    Quarter,
    /// This number of connections.
    Most(NonZeroUsize),
    /// No limit per address. Only [`ListenOptions::max_connections`] applies.
    Unlimited,
}

impl ListenOptions {
    /// Returns the connection limits that these options set. Connections are reserved for health checks only if the application answers
    /// health checks.
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

/// A flag that states whether an application answers health checks.
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
            max_connections: ConnectionLimit::read().connections,
            max_connections_per_address: PerAddress::Quarter,
            proxies: TrustedProxies::default(),
            proxy_protocol: ProxyProtocol::Off,
            max_http2_requests: 128,
            grace: Duration::from_secs(20),
            certificate_check: seconds(60),
            access_log: None,
            connections: Connections::default(),
        }
    }
}
