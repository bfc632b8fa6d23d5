//! Determines the client's address of requests that come through trusted proxies.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use http::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

use super::Transport;

/// The number of bits before the IPv4 address in a mapped address of IPv6.
const MAPPED_BITS: u8 = 96;

/// Proxies whose `x-forwarded-for` header is trusted. With [`Self::before`], handlers see the client's address from the header, if the
/// header names one, as the peer's address ([`ConnectInfo`]), with port 0.
///
/// If such a proxy sends `x-forwarded-proto`, the header decides with [`Self::before`] whether the request counts as one over TLS
/// ([`Transport`]), whatever the transport between the proxy and this server. The request counts as one over TLS if every value of the
/// header is `https`. The proxy has to replace the values that clients send, or append its own. Without the header, the extension
/// [`Transport`] of the request is not changed.
///
/// Each proxy appends the address that connected to it. The header is therefore read from its end. Addresses of proxies of this list are
/// skipped, and the first other address is the client's. Addresses before it are ignored, because the client may have written them. If
/// there is no other address, or if a part that is read is no address, the last address that was read is the client's.
///
/// ```
/// use fh_listen::TrustedProxies;
/// let proxies: TrustedProxies = "10.0.0.0/8, fd00::/8, 192.0.2.7".parse()?;
/// assert_eq!(proxies.to_string(), "10.0.0.0/8,fd00::/8,192.0.2.7/32");
/// let router = proxies.before(axum::Router::new());
/// # let _: axum::Router = router;
/// # Ok::<(), fh_listen::InvalidNetwork>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Arc<[IpNet]>,
}

/// An extension of requests whose client is not known, because a trusted proxy has not named it. Limits per address do not apply to such a
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FromProxy;

/// The error for a text that is neither an address nor a network. The field is the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidNetwork(pub String);

impl fmt::Display for InvalidNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is neither an address nor a network such as 10.0.0.0/8", self.0)
    }
}

impl std::error::Error for InvalidNetwork {}

/// Parses addresses and networks that are separated by commas. Those of IPv4 that are written in IPv6 (`::ffff:10.0.0.0/104`) count as IPv4,
/// because a peer of IPv4 has an address of IPv4, whatever the address of the listener.
impl FromStr for TrustedProxies {
    type Err = InvalidNetwork;

    fn from_str(text: &str) -> Result<Self, InvalidNetwork> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let networks = parts.map(|part| {
            let address = || part.parse::<IpAddr>().map(IpNet::from);
            part.parse::<IpNet>()
                .or_else(|_| address())
                .ok()
                .and_then(canonical)
                .ok_or_else(|| InvalidNetwork(part.to_owned()))
        });
        Ok(Self { networks: networks.collect::<Result<_, _>>()? })
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<String> = self.networks.iter().map(ToString::to_string).collect();
        f.write_str(&networks.join(","))
    }
}

impl TrustedProxies {
    /// Returns true if the list is empty, so that no proxy is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.networks.is_empty()
    }

    /// Returns the router with a layer that replaces the address of a trusted proxy with the address of the client that sent the request,
    /// and sets [`Transport`] by the proxy's `x-forwarded-proto` header. If the list is empty, returns the router unchanged.
    pub fn before(&self, router: Router) -> Router {
        if self.is_empty() {
            return router;
        }
        let proxies = self.clone();
        router.layer(map_request(move |mut request: Request| {
            let peer =
                request.extensions().get().map(|ConnectInfo(peer): &ConnectInfo<SocketAddr>| *peer);
            if let Some(peer) = peer {
                let client = proxies.client(peer, request.headers());
                request.extensions_mut().insert(ConnectInfo(client));
                if proxies.is_trusted(client.ip()) {
                    request.extensions_mut().insert(FromProxy);
                }
                if proxies.is_trusted(peer.ip()) {
                    match forwarded_over_https(request.headers()) {
                        Some(true) => drop(request.extensions_mut().insert(Transport::Tls)),
                        Some(false) => drop(request.extensions_mut().remove::<Transport>()),
                        None => {}
                    }
                }
            }
            std::future::ready(request)
        }))
    }

    /// Returns the address of the client that sent a request with these headers. The result is `peer`, unless the peer is a trusted proxy
    /// whose `x-forwarded-for` header names an address. The port is then 0.
    #[must_use]
    pub fn client(&self, peer: SocketAddr, headers: &HeaderMap) -> SocketAddr {
        let lines = headers.get_all("x-forwarded-for").iter().rev();
        let said = lines.flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
        let mut client = peer;
        for text in said {
            if !self.is_trusted(client.ip()) {
                break;
            }
            let Some(address) = std::str::from_utf8(text).ok().and_then(address) else { break };
            client = SocketAddr::new(address, 0);
        }
        client
    }

    /// Returns true if the address is that of a trusted proxy. Such a proxy sends the requests of many clients, so limits per address do not
    /// apply to it.
    #[must_use]
    pub fn is_trusted(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// Returns the network of IPv4 that a network of IPv6 holds in mapped form, or else the network unchanged. Returns `None` for a mapped
/// address with a length below 96 bits, which could mean the length of either form.
fn canonical(network: IpNet) -> Option<IpNet> {
    let IpAddr::V6(address) = network.addr() else { return Some(network) };
    let Some(address) = address.to_ipv4_mapped() else { return Some(network) };
    let length = network.prefix_len().checked_sub(MAPPED_BITS)?;
    Ipv4Net::new(address, length).ok().map(IpNet::V4)
}

/// Returns whether every value of `x-forwarded-proto` is `https`; `None` without this header. A client may have written some of the values,
/// so a single `https` proves nothing.
fn forwarded_over_https(headers: &HeaderMap) -> Option<bool> {
    let lines = headers.get_all("x-forwarded-proto");
    let mut values = lines.iter().flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    headers
        .contains_key("x-forwarded-proto")
        .then(|| values.all(|value| value.trim_ascii().eq_ignore_ascii_case(b"https")))
}

/// Parses an address, with or without a port. An IPv6 address may be in brackets, and is in brackets if it has a port. Returns `None` if
/// the text is no address.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let in_brackets = || {
        let inner = text.strip_prefix('[')?.strip_suffix(']')?;
        inner.parse::<Ipv6Addr>().ok().map(IpAddr::V6)
    };
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let address: IpAddr = text.parse().ok().or_else(with_port).or_else(in_brackets)?;
    Some(address.to_canonical())
}
