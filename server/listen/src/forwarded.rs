//! Recognizes requests that came through a proxy, because such a request need not come from the machine of its peer.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, Request};
use tracing::warn;

use super::{ProxiedConnection, TrustedProxies};

/// The headers with which proxies name the client, its scheme or themselves.
const HEADERS: [&str; 5] =
    ["forwarded", "x-forwarded-for", "x-forwarded-proto", "via", "x-real-ip"];

/// Returns the header that shows that a proxy passed on the request; `None` if the request has no such header. Some proxies add none, for
/// example forwarders of bytes.
#[must_use]
pub fn proxy_header<B>(request: &Request<B>) -> Option<&'static str> {
    match request.extensions().get() {
        Some(ProxiedConnection) => Some("of the PROXY protocol"),
        None => http_header(request.headers()),
    }
}

fn http_header(headers: &HeaderMap) -> Option<&'static str> {
    headers.keys().find_map(|name| HEADERS.into_iter().find(|header| name == header))
}

/// A warning about a proxy on this machine that is no trusted proxy. A server logs the warning once.
#[derive(Debug, Default)]
pub(super) struct UntrustedProxy {
    is_logged: AtomicBool,
}

impl UntrustedProxy {
    /// Logs the warning if such a proxy passed on a request with these headers.
    pub(super) fn check(&self, peer: IpAddr, headers: &HeaderMap, proxies: &TrustedProxies) {
        if !peer.is_loopback() || self.is_logged.load(Ordering::Relaxed) || proxies.is_trusted(peer)
        {
            return;
        }
        let Some(header) = http_header(headers) else { return };
        if !self.is_logged.swap(true, Ordering::Relaxed) {
            warn!(
                header,
                "a proxy on this machine passes on requests, and is no trusted proxy: all of its clients count as one address, and their requests \
                 do not count as those of this machine; to use the clients' addresses, start with --trusted-proxies {peer}"
            );
        }
    }
}
