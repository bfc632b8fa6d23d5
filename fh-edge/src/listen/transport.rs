//! How a request travelled.

/// An extension of requests that travelled protected, for handlers that care: [`serve`](super::serve) adds it to those that came
/// over TLS, [`TrustedProxies`](super::TrustedProxies) to those of which a trusted proxy says so. A request without it came over
/// plain HTTP, as far as this server knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Over TLS, at least from the client to the first trusted proxy.
    Tls,
}
