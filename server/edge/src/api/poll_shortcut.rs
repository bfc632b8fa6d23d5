//! Answers polls without the router.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use fh_listen::{Shortcut, ShortcutAnswer, TrustedProxies};
use http::request::Parts;
use http::{Method, Uri};

use super::features;
use super::middleware::RequestMiddleware;
use super::slashes::collapsed;
use crate::shared_state::SharedState;

/// A handler that answers `GET /features` as the router would. It saves the time of routing. See
/// [`Edge::poll_shortcut`](crate::Edge::poll_shortcut).
pub(crate) struct PollShortcut {
    shared: Arc<SharedState>,
    /// The path at which the API is mounted; empty for the root.
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

    /// Returns the part of a path after the prefix, with collapsed slashes, if that part is `/features` or `/features/`; else `None`.
    fn path<'a>(&self, path: &'a str) -> Option<&'a str> {
        let path = collapsed(path.strip_prefix(&*self.prefix)?);
        ["/features", "/features/"].contains(&path).then_some(path)
    }
}

impl Shortcut for PollShortcut {
    /// Returns true if the request is a GET of `/features` or `/features/` below the prefix.
    fn accepts(&self, method: &Method, uri: &Uri) -> bool {
        *method == Method::GET && self.path(uri.path()).is_some()
    }

    fn answer(&self, head: Parts, peer: SocketAddr, proxies: &TrustedProxies) -> ShortcutAnswer {
        let path = self.path(head.uri.path()).unwrap_or_default();
        let around = RequestMiddleware::of(&head.method, path, &head.headers);
        let shared = Arc::clone(&self.shared);
        let client = proxies.client(peer, &head.headers).ip();
        let limited = (!proxies.is_trusted(client)).then_some(client);
        let address = shared.rates.count_addresses().then_some(client);
        Box::pin(async move {
            let mut response = features::poll(&shared, &head, (address, limited)).await;
            around.finish(&shared, &mut response);
            response
        })
    }
}
