//! The transport protection of a request.

/// A request extension that marks requests over TLS. [`serve`](super::serve) adds it to the requests over TLS that it passes to the router,
/// and [`TrustedProxies`](super::TrustedProxies) to those that a trusted proxy marks as such. A request of the router without the extension
/// came over plain HTTP, as far as this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The request came over TLS to this server or, by the headers of a trusted proxy, to that proxy.
    Tls,
}
