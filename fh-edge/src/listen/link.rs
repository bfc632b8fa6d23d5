//! What the parts of a connection share, and what all connections of a listener share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::phase::Phases;
use super::{App, ListenOptions, Transport};

/// Shared by all connections of one [`serve`](super::serve).
#[derive(Debug)]
pub(super) struct Server {
    pub(super) app: App,
    pub(super) options: ListenOptions,
    pub(super) phases: Phases,
    open: AtomicUsize,
    closed: Notify,
}

impl Server {
    pub(super) fn new(app: App, options: ListenOptions) -> Self {
        let (phases, open, closed) = Default::default();
        Self { app, options, phases, open, closed }
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
    pub(super) fn new(
        server: Arc<Server>,
        peer: SocketAddr,
        transport: Option<Transport>,
    ) -> Arc<Self> {
        server.open.fetch_add(1, Ordering::AcqRel);
        server.options.connections.opened();
        // A socket for both IPv4 and IPv6 gives IPv4 peers as `::ffff:a.b.c.d`.
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        let (begun, ended, bytes) = Default::default();
        Arc::new(Self { server, peer, transport, begun, ended, bytes })
    }

    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
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
        self.server.options.connections.closed();
        self.server.open.fetch_sub(1, Ordering::AcqRel);
        self.server.closed.notify_one();
    }
}

/// A request between its head and the end of its answer.
#[derive(Debug)]
pub(super) struct InFlight {
    link: Arc<Link>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.link.ended.fetch_add(1, Ordering::Release);
    }
}
