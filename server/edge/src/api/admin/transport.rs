//! The check of the transport of requests to the admin API. The admin key must not cross a network in clear text.

use std::net::IpAddr;

use axum::extract::Request;
use fh_listen::Transport;
use http::StatusCode;

use super::problem::Problem;
use crate::api::audit;
use crate::options::AdminTransport;

/// Rejects a request over plain HTTP from another machine with status 403, unless `allowed` is `Any`. A request without a known address
/// passes. A request with the right key is also rejected, so that the operator notices that others may have read the key on the network.
pub(super) fn check(allowed: AdminTransport, request: &Request) -> Result<(), Problem> {
    let transport = request.extensions().get::<Transport>();
    let is_protected = match (transport, audit::address(request.extensions())) {
        (Some(Transport::Tls), _) | (None, None) => true,
        (None, Some(address)) => is_loopback(address),
    };
    if is_protected || allowed == AdminTransport::Any {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        "the admin API is not served over plain HTTP to other machines, since the key can be read on the network: use TLS, \
         a trusted proxy that sends x-forwarded-proto: https, or a tunnel to this machine; --admin-over-plain-http allows plain HTTP",
    ))
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::extract::ConnectInfo;

    use super::*;

    fn request(address: Option<&str>, transport: Option<Transport>) -> Request {
        let mut request = Request::new(Body::empty());
        if let Some(address) = address {
            let peer = SocketAddr::new(address.parse().unwrap(), 5);
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        if let Some(transport) = transport {
            request.extensions_mut().insert(transport);
        }
        request
    }

    #[test]
    fn only_plain_http_from_another_machine_is_refused() {
        let tls = Some(Transport::Tls);
        for (address, transport, passes) in [
            (Some("127.0.0.1"), None, true),
            (Some("127.8.0.1"), None, true),
            (Some("::1"), None, true),
            (Some("::ffff:127.0.0.1"), None, true),
            (Some("192.0.2.1"), None, false),
            (Some("::ffff:192.0.2.1"), None, false),
            (Some("10.0.0.1"), None, false),
            (Some("2001:db8::1"), None, false),
            (Some("192.0.2.1"), tls, true),
            (Some("2001:db8::1"), tls, true),
            (None, None, true),
        ] {
            let request = request(address, transport);
            let checked = check(AdminTransport::Protected, &request);
            assert_eq!(checked.is_ok(), passes, "{address:?} {transport:?}");
            assert!(check(AdminTransport::Any, &request).is_ok());
        }
    }
}
