//! The transport protection of a request.

/// A request extension that marks requests over TLS. [`serve`](super::serve) adds it to the requests over TLS that it passes to the router.
/// If the request comes from a trusted proxy that names the scheme, [`TrustedProxies::before`](super::TrustedProxies::before) adds the
/// extension for the scheme `https` and removes it for any other scheme. A request that reaches the router without the extension came over
/// plain HTTP, as far as this server knows. Requests of a [`Shortcut`](super::Shortcut) never have the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// The request came over TLS: to the trusted proxy if the proxy's headers say so, else to this server.
    Tls,
}
