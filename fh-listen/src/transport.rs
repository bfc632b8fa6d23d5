//! The transport protection of a request.

/// A request extension that marks requests over TLS. [`serve`](super::serve) adds it to requests over TLS, and
/// [`TrustedProxies`](super::TrustedProxies) to those that a trusted proxy marks as such. A request without the extension came over plain
/// HTTP, as far as this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The request came over TLS, at least from the client to the first trusted proxy.
    Tls,
}
