//! The state that the parts of a connection share, and the state that all connections of a server share.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};

use http::Request;
use tokio::sync::Notify;

use super::capacity::{Beyond, Capacity, Peer, Place};
use super::forwarded::UntrustedProxy;
use super::options::Probes;
use super::phase::Phases;
use super::warnings::Warnings;
use super::{App, ListenOptions, ProxiedConnection, Transport};

/// The state that all connections of one call of [`serve`](super::serve) share.
#[derive(Debug)]
pub(super) struct ServerState {
    pub(super) app: App,
    pub(super) options: ListenOptions,
    pub(super) phases: Phases,
    pub(super) untrusted_proxy: UntrustedProxy,
    pub(super) warnings: Warnings,
    capacity: Capacity,
    open: AtomicUsize,
    closed: Notify,
}

impl ServerState {
    pub(super) fn new(app: App, options: ListenOptions) -> Self {
        let probes = if app.has_probes() { Probes::Answered } else { Probes::None };
        let capacity = Capacity::new(options.limits(probes));
        let (phases, untrusted_proxy, warnings, open, closed) = Default::default();
        Self { app, options, phases, untrusted_proxy, warnings, capacity, open, closed }
    }

    /// Warns of a connection of this address, or of any address, that exceeds the limit `beyond`.
    pub(super) fn warn_of_limit(&self, beyond: Beyond, address: Option<IpAddr>) {
        self.warnings.of_limit(beyond, self.options.max_connections.get(), address);
    }

    /// Returns true if no connection can be admitted until an open connection closes.
    pub(super) fn is_full(&self) -> bool {
        self.capacity.is_exhausted()
    }

    /// Waits until a connection of some address can be admitted. Only one task at a time may wait.
    pub(super) async fn room(&self) {
        while self.is_full() {
            self.closed.notified().await;
        }
    }

    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Waits until fewer than `limit` connections are open. Only one task at a time may wait.
    pub(super) async fn fewer_than(&self, limit: usize) {
        while self.open() >= limit {
            self.closed.notified().await;
        }
    }

    /// Waits until a connection closes. Returns at once if a connection has closed since the last wait. Only one task at a time may wait.
    pub(super) async fn one_closed(&self) {
        self.closed.notified().await;
    }
}

/// The state of one connection: its peer, and the progress of its requests. The connection counts as open until the last reference to the
/// state is dropped.
#[derive(Debug)]
pub(super) struct ConnectionState {
    pub(super) server: Arc<ServerState>,
    pub(super) peer: SocketAddr,
    /// The transport of the connection; `None` for plain HTTP.
    pub(super) transport: Option<Transport>,
    /// The mark of a connection with a header of the PROXY protocol.
    pub(super) proxied: Option<ProxiedConnection>,
    // The numbers of requests that began and ended, both wrapping. They are equal while no request is in flight.
    begun: AtomicU32,
    ended: AtomicU32,
    // The value of `ended + 1` when bytes last arrived while no request was in flight.
    bytes: AtomicU32,
    is_reserved: AtomicBool,
    is_last_request: AtomicBool,
    is_counted_as_refused: AtomicBool,
    answer: AtomicU8,
}

/// The state of the response to the request in flight, on an HTTP/1 connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Answering {
    /// The handler has not returned a response yet.
    Pending,
    /// A response whose length is known is being written to the peer.
    Whole,
    /// A response whose length is not known, such as a stream, is being written to the peer.
    Stream,
}

/// The part of a request that an idle connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    FirstHead,
    /// The next request, after `after` requests on the connection have ended.
    NextRequest {
        after: u32,
    },
    /// The rest of a head. Bytes have arrived since `after` requests on the connection have ended.
    RestOfHead {
        after: u32,
    },
}

impl Waiting {
    /// Returns this value with [`Self::RestOfHead`] changed to [`Self::NextRequest`]. HTTP/2 uses this function, because bytes from an
    /// HTTP/2 peer need not be the beginning of a request.
    pub(super) fn whole(self) -> Self {
        match self {
            Self::RestOfHead { after } => Self::NextRequest { after },
            other => other,
        }
    }
}

impl ConnectionState {
    /// Counts a new connection if the limits allow it, and returns its state.
    ///
    /// # Errors
    /// Returns the limit that is reached, if no reserved connection is left for this peer either. The caller has to close the connection.
    pub(super) fn admit(
        server: Arc<ServerState>,
        peer: SocketAddr,
        transport: Option<Transport>,
    ) -> Result<(Self, Place), Beyond> {
        let peer = canonical(peer);
        let place = server.capacity.admit(counted(&server, peer))?;
        server.open.fetch_add(1, Ordering::AcqRel);
        server.options.connections.opened();
        let (begun, ended, bytes, is_last_request, is_counted_as_refused, answer) =
            Default::default();
        let is_reserved = AtomicBool::new(place != Place::Regular);
        let state = Self {
            server,
            peer,
            transport,
            proxied: None,
            begun,
            ended,
            bytes,
            is_reserved,
            is_last_request,
            is_counted_as_refused,
            answer,
        };
        Ok((state, place))
    }

    /// Marks the connection as one with a header of the PROXY protocol. If the header names a client, the client becomes the peer of the
    /// connection. Returns false if a limit does not allow a connection of this client. The caller then has to close the connection.
    pub(super) fn introduce(&mut self, client: Option<SocketAddr>) -> bool {
        self.proxied = Some(ProxiedConnection);
        let Some(client) = client.map(canonical) else { return true };
        let (from, to) = (counted(&self.server, self.peer), counted(&self.server, client));
        let place = self.server.capacity.replace(from, self.is_reserved(), to);
        if let Ok(Place::Reserved(beyond)) | Err(beyond) = place {
            self.server.warn_of_limit(beyond, Some(client.ip()));
        }
        match place {
            Ok(place) => {
                (self.peer, self.is_reserved) = (client, (place != Place::Regular).into());
            }
            Err(_) => self.count_refused(),
        }
        place.is_ok()
    }

    /// Returns true if the connection exceeded a limit when it was admitted, and has not become a regular one since. Such a connection may
    /// be used only for a health check.
    pub(super) fn is_reserved(&self) -> bool {
        self.is_reserved.load(Ordering::Acquire)
    }

    /// Returns true if a request may be answered:
    /// - On a regular connection, every request is answered.
    /// - On a reserved connection, a health check is answered, and then the connection closes.
    /// - Any other request on a reserved connection makes the connection a regular one, if the limits now allow it. Otherwise the request
    ///   is not answered, and the connection closes.
    pub(super) fn may_ask<B>(&self, request: &Request<B>) -> bool {
        if !self.is_reserved() {
            return true;
        }
        if self.server.app.is_probe(request) {
            self.set_last_request();
            return true;
        }
        let has_room = self.server.capacity.promote(counted(&self.server, self.peer));
        if has_room {
            self.is_reserved.store(false, Ordering::Release);
        } else {
            self.set_last_request();
        }
        has_room
    }

    /// Counts the connection as refused because one of its requests is refused. Further refused requests of the connection, which HTTP/2
    /// allows, are not counted.
    pub(super) fn count_refused(&self) {
        if !self.is_counted_as_refused.swap(true, Ordering::Relaxed) {
            self.server.options.connections.count_refused();
        }
    }

    /// Makes the connection close after the requests that are in flight.
    pub(super) fn set_last_request(&self) {
        self.is_last_request.store(true, Ordering::Release);
    }

    pub(super) fn is_last_request(&self) -> bool {
        self.is_last_request.load(Ordering::Acquire)
    }

    /// Sets the state of the response to the request in flight.
    pub(super) fn answer_begins(&self, answer: Answering) {
        self.answer.store(answer as u8, Ordering::Release);
    }

    /// Returns the state of the response to the request in flight; `None` if no request is in flight.
    pub(super) fn answering(&self) -> Option<Answering> {
        if self.waiting().is_some() {
            return None;
        }
        Some(match self.answer.load(Ordering::Acquire) {
            0 => Answering::Pending,
            1 => Answering::Whole,
            _ => Answering::Stream,
        })
    }

    /// Counts a request as in flight until the returned value is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.answer_begins(Answering::Pending);
        self.begun.fetch_add(1, Ordering::Relaxed);
        InFlight { state: Arc::clone(self) }
    }

    /// Returns the part of a request that the connection waits for; `None` while a request is in flight.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        let after = self.ended.load(Ordering::Acquire);
        if self.begun.load(Ordering::Relaxed) != after {
            return None;
        }
        Some(match after {
            0 => Waiting::FirstHead,
            _ if self.bytes.load(Ordering::Relaxed) == after.wrapping_add(1) => {
                Waiting::RestOfHead { after }
            }
            _ => Waiting::NextRequest { after },
        })
    }

    /// Returns true if no request is in flight, and bytes have arrived since the last request ended.
    pub(super) fn is_amid_head(&self) -> bool {
        let ended = self.ended.load(Ordering::Acquire);
        self.begun.load(Ordering::Relaxed) == ended
            && self.bytes.load(Ordering::Relaxed) == ended.wrapping_add(1)
    }

    /// Returns true until bytes were read from the peer.
    pub(super) fn is_unread(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) == 0
    }

    /// Records that bytes were read from the peer. While a request is in flight, nothing is recorded.
    pub(super) fn bytes_came(&self) {
        let ended = self.ended.load(Ordering::Relaxed);
        if self.begun.load(Ordering::Relaxed) == ended {
            self.bytes.store(ended.wrapping_add(1), Ordering::Relaxed);
        }
    }
}

impl Drop for ConnectionState {
    fn drop(&mut self) {
        let peer = counted(&self.server, self.peer);
        self.server.capacity.release(peer, self.is_reserved());
        self.server.options.connections.closed();
        self.server.open.fetch_sub(1, Ordering::AcqRel);
        self.server.closed.notify_one();
    }
}

/// Returns an address of IPv4 in its usual form. A socket for both IPv4 and IPv6 reports an IPv4 peer as `::ffff:a.b.c.d`.
fn canonical(peer: SocketAddr) -> SocketAddr {
    SocketAddr::new(peer.ip().to_canonical(), peer.port())
}

/// Returns the peer as a trusted proxy or as a client, because only clients have a limit per address.
fn counted(server: &ServerState, peer: SocketAddr) -> Peer {
    match server.options.proxies.is_trusted(peer.ip()) {
        true => Peer::Proxy(peer.ip()),
        false => Peer::Client(peer.ip()),
    }
}

/// A request that is in flight, from its head to the end of its response. Dropping the value ends the request.
#[derive(Debug)]
pub(super) struct InFlight {
    state: Arc<ConnectionState>,
}

impl InFlight {
    pub(super) fn state(&self) -> &ConnectionState {
        &self.state
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.state.ended.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection counts once, however many of its requests are refused.
    #[test]
    fn connections_are_counted_as_refused_and_not_their_requests() {
        let options = ListenOptions::default();
        let connections = options.connections.clone();
        let server = Arc::new(ServerState::new(axum::Router::new().into(), options));
        for count in 1..=2 {
            let peer = "192.0.2.7:5".parse().unwrap();
            let (state, _) = ConnectionState::admit(Arc::clone(&server), peer, None).unwrap();
            state.count_refused();
            state.count_refused();
            assert_eq!(connections.refused(), count);
        }
    }
}
