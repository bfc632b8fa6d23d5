//! Handlers that answer requests in place of the router.

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, Response, Uri};

use super::TrustedProxies;

/// A handler that answers some requests in place of the router, for applications in which routing takes longer than making the response.
pub trait Shortcut: fmt::Debug + Send + Sync + 'static {
    /// Returns true if this shortcut answers requests with this method and URI. Other requests go to the router.
    fn accepts(&self, method: &Method, uri: &Uri) -> bool;

    /// Answers a request that this shortcut accepts. The request's body is discarded. If the peer may be a proxy,
    /// [`TrustedProxies::client`] determines the client's address.
    fn answer(&self, head: Parts, peer: SocketAddr, proxies: &TrustedProxies) -> ShortcutAnswer;
}

/// The future of a [`Shortcut`]'s response.
pub type ShortcutAnswer = Pin<Box<dyn Future<Output = Response<Bytes>> + Send>>;
