//! Answers polls without routing.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, Response};

use super::features;
use super::middleware::RequestMiddleware;
use crate::listen::TrustedProxies;
use crate::shared_state::SharedState;

/// A handler that answers `GET /features` as the router would. It skips the routing, which takes longer than the answer itself. See
/// [`Edge::poll_shortcut`](crate::Edge::poll_shortcut).
#[derive(Clone)]
pub struct PollShortcut {
    shared: Arc<SharedState>,
    /// The path that the API is mounted at.
    prefix: Box<str>,
}

impl fmt::Debug for PollShortcut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollShortcut").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl PollShortcut {
    pub(crate) fn new(shared: &Arc<SharedState>, prefix: &str) -> Self {
        Self { shared: Arc::clone(shared), prefix: prefix.into() }
    }

    /// Returns true if the request is a poll, so that [`answer`](Self::answer) handles it.
    pub(crate) fn take<B>(&self, request: &Request<B>) -> bool {
        *request.method() == Method::GET && self.path(request.uri().path()).is_some()
    }

    /// Answers a poll of this peer. If the peer is one of these trusted proxies, the client's address is the one that the proxy forwards.
    pub(crate) fn answer(
        &self,
        head: Parts,
        peer: SocketAddr,
        proxies: &TrustedProxies,
    ) -> impl Future<Output = Response<Bytes>> + Send + use<> {
        let path = self.path(head.uri.path()).unwrap_or_default();
        let around = RequestMiddleware::of(&head.method, path, &head.headers);
        let shared = Arc::clone(&self.shared);
        let counts = shared.counts_addresses();
        let address = counts.then(|| proxies.client(peer, &head.headers).ip());
        async move {
            let mut response = features::poll(&shared, &head, address).await;
            around.finish(&shared, &mut response);
            response
        }
    }

    /// Returns the path within the API if it is the path of polls; else `None`.
    fn path<'a>(&self, path: &'a str) -> Option<&'a str> {
        path.strip_prefix(&*self.prefix).filter(|path| ["/features", "/features/"].contains(path))
    }
}
