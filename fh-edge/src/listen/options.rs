//! What a listener allows its peers.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::capacity::{Limits, RESERVED};
use super::descriptors::default_max_connections;
use super::{AccessLog, Connections, TrustedProxies};

/// What [`serve`](super::serve) allows its peers. Start from the defaults and set what differs:
///
/// ```
/// use std::time::Duration;
/// use fh_edge::listen::ListenOptions;
///
/// let mut options = ListenOptions::default();
/// options.header_timeout = Some(Duration::from_secs(5));
/// options.idle_timeout = None; // as long as the peer likes
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListenOptions {
    /// How long a TLS handshake may take; then the connection is closed. 10 seconds.
    pub handshake_timeout: Option<Duration>,
    /// How long the head of a request may take: of the first request from the moment the connection stands, of
    /// further ones from their first byte. Then the connection is closed. 10 seconds.
    pub header_timeout: Option<Duration>,
    /// How long a connection may stay open between two requests. Longer than the idle time of the load balancers
    /// in front, which otherwise send requests into connections that are just being closed. 90 seconds.
    pub idle_timeout: Option<Duration>,
    /// A peer that takes no byte of what is to be written for so long is dropped. On Linux this is also how long
    /// sent bytes may stay unacknowledged, which notices peers that vanished. 30 seconds.
    pub write_timeout: Option<Duration>,
    /// Largest head of a request in bytes, request line included. What is larger gets 431. 32 KiB. On HTTP/2
    /// the size of the header list.
    pub max_header_bytes: NonZeroUsize,
    /// Most connections at a time; when there are so many, accepting stops until one closes, and peers wait in
    /// the system's queue (D-98). By default the number of descriptors that this process may have open
    /// (`RLIMIT_NOFILE`, its soft limit) when these defaults were made, less 256; and no more than fit into half of the memory
    /// that it may have (of its control group, else of the machine), at 15 KiB each.
    ///
    /// If the [`App`](super::App) has probes, 16 connections more are accepted for those alone: each has a second for its head, and is
    /// closed unless it asks for one of them.
    pub max_connections: NonZeroUsize,
    /// Most connections at a time of one address, of IPv6 of one network of 64 bits; further ones are closed, unless they are
    /// for probes as above. By default a quarter of `max_connections`.
    pub max_connections_per_address: PerAddress,
    /// Proxies, which have no limit of their own. Polls that [`App::polls`](super::App::polls) answers count for the clients that
    /// these name. None.
    pub proxies: TrustedProxies,
    /// Most requests at a time on one HTTP/2 connection. 128.
    pub max_http2_requests: u32,
    /// After the shutdown signal: how long requests in flight may take until connections are cut. 20 seconds.
    pub grace: Duration,
    /// How often files of certificates are looked at for new ones. 60 seconds. `None`: only
    /// [`Tls::reload`](super::Tls::reload) does.
    pub certificate_check: Option<Duration>,
    /// Writes a line for each request. None.
    pub access_log: Option<AccessLog>,
    /// Where connections are counted. Keep a clone to show the figures.
    pub connections: Connections,
}

/// How many connections one address may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PerAddress {
    /// A quarter of all, at least one.
    Quarter,
    /// So many.
    Most(NonZeroUsize),
    /// As many as there may be in all.
    Unlimited,
}

impl ListenOptions {
    /// The limits of these options.
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

/// Whether there are health checks to reserve connections for.
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
