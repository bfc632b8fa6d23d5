//! What the parts of a connection share, and what all connections of a listener share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering};

use http::Request;
use tokio::sync::Notify;

use super::capacity::{Beyond, Capacity, Peer, Place};
use super::options::Probes;
use super::phase::Phases;
use super::{App, ListenOptions, Transport};

/// Shared by all connections of one [`serve`](super::serve).
#[derive(Debug)]
pub(super) struct Server {
    pub(super) app: App,
    pub(super) options: ListenOptions,
    pub(super) phases: Phases,
    capacity: Capacity,
    open: AtomicUsize,
    closed: Notify,
}

impl Server {
    pub(super) fn new(app: App, options: ListenOptions) -> Self {
        let probes = if app.has_probes() { Probes::Answered } else { Probes::None };
        let capacity = Capacity::new(options.limits(probes));
        let (phases, open, closed) = Default::default();
        Self { app, options, phases, capacity, open, closed }
    }

    /// Returns true if no connection can be admitted until one closes.
    pub(super) fn is_full(&self) -> bool {
        self.capacity.is_exhausted()
    }

    /// Waits until a connection can be admitted. For one waiter at a time.
    pub(super) async fn room(&self) {
        while self.is_full() {
            self.closed.notified().await;
        }
    }

    pub(super) fn open(&self) -> usize {
        self.open.load(Ordering::Acquire)
    }

    /// Waits until fewer than `limit` connections are open. For one waiter at a time.
    pub(super) async fn fewer_than(&self, limit: usize) {
        while self.open() >= limit {
            self.closed.notified().await;
        }
    }

    /// Waits until a connection closes. For one waiter at a time.
    pub(super) async fn one_closed(&self) {
        self.closed.notified().await;
    }
}

/// One connection: who is there, and whether it waits for a request or is being answered. The connection counts as
/// open as long as one of its parts keeps this.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) server: Arc<Server>,
    pub(super) peer: SocketAddr,
    /// `None` for plain HTTP.
    pub(super) transport: Option<Transport>,
    // Counted up, wrapping: equal when nothing is in flight.
    begun: AtomicU32,
    ended: AtomicU32,
    // One more than `ended` was when bytes came.
    bytes: AtomicU32,
    is_reserved: AtomicBool,
    is_last_request: AtomicBool,
    answer: AtomicU8,
}

/// The answer to the request in flight, on HTTP/1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Answering {
    /// It is being made.
    Pending,
    /// Its length is known: it is being written.
    Whole,
    /// It goes on until one side ends it.
    Stream,
}

/// What a connection waits for that answers no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waiting {
    FirstHead,
    /// A further request, after so many.
    NextRequest {
        after: u32,
    },
    /// The rest of a head of which something has come, after so many requests.
    RestOfHead {
        after: u32,
    },
}

impl Waiting {
    /// Where bytes need not be the beginning of a request.
    pub(super) fn whole(self) -> Self {
        match self {
            Self::RestOfHead { after } => Self::NextRequest { after },
            other => other,
        }
    }
}

impl Link {
    /// Counts a connection, and says which place it has. `Err` names the limit for which it is to be closed.
    pub(super) fn admit(
        server: Arc<Server>,
        peer: SocketAddr,
        transport: Option<Transport>,
    ) -> Result<(Arc<Self>, Place), Beyond> {
        // A socket for both IPv4 and IPv6 gives IPv4 peers as `::ffff:a.b.c.d`.
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let place = server.capacity.admit(counted(&server, peer))?;
        server.open.fetch_add(1, Ordering::AcqRel);
        server.options.connections.opened();
        let (begun, ended, bytes, is_last_request, answer) = Default::default();
        let is_reserved = AtomicBool::new(place != Place::Regular);
        let link = Arc::new(Self {
            server,
            peer,
            transport,
            begun,
            ended,
            bytes,
            is_reserved,
            is_last_request,
            answer,
        });
        Ok((link, place))
    }

    /// Returns true if the connection is beyond a limit, and open for a health check alone.
    pub(super) fn is_reserved(&self) -> bool {
        self.is_reserved.load(Ordering::Acquire)
    }

    /// Whether a request may be answered: on a reserved connection one health check, or any request if there is room by now.
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

    /// The connection closes after the request in flight.
    pub(super) fn set_last_request(&self) {
        self.is_last_request.store(true, Ordering::Release);
    }

    pub(super) fn is_last_request(&self) -> bool {
        self.is_last_request.load(Ordering::Acquire)
    }

    /// The answer to the request in flight has begun.
    pub(super) fn answer_begins(&self, answer: Answering) {
        self.answer.store(answer as u8, Ordering::Release);
    }

    /// `None` if no request is in flight.
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

    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.answer_begins(Answering::Pending);
        self.begun.fetch_add(1, Ordering::Relaxed);
        InFlight { link: Arc::clone(self) }
    }

    /// `None` while a request is being answered.
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

    /// Has something of a head come, of which no request has come?
    pub(super) fn is_amid_head(&self) -> bool {
        let ended = self.ended.load(Ordering::Acquire);
        self.begun.load(Ordering::Relaxed) == ended
            && self.bytes.load(Ordering::Relaxed) == ended.wrapping_add(1)
    }

    /// Bytes have been read.
    pub(super) fn bytes_came(&self) {
        let ended = self.ended.load(Ordering::Relaxed);
        if self.begun.load(Ordering::Relaxed) == ended {
            self.bytes.store(ended.wrapping_add(1), Ordering::Relaxed);
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let peer = counted(&self.server, self.peer);
        self.server.capacity.release(peer, self.is_reserved());
        self.server.options.connections.closed();
        self.server.open.fetch_sub(1, Ordering::AcqRel);
        self.server.closed.notify_one();
    }
}

/// A peer, as its connections are counted.
fn counted(server: &Server, peer: SocketAddr) -> Peer {
    match server.options.proxies.is_trusted(peer.ip()) {
        true => Peer::Proxy(peer.ip()),
        false => Peer::Client(peer.ip()),
    }
}

/// A request between its head and the end of its answer.
#[derive(Debug)]
pub(super) struct InFlight {
    link: Arc<Link>,
}

impl InFlight {
    pub(super) fn link(&self) -> &Link {
        &self.link
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.link.ended.fetch_add(1, Ordering::Release);
    }
}
