//! The check of the transport of requests to the admin API. The admin key must not cross a network in clear text.

use std::net::IpAddr;

use axum::extract::Request;
use fh_listen::Transport;
use fh_listen::internal::proxy_header;
use http::StatusCode;

use super::problem::Problem;
use crate::api::audit;
use crate::options::AdminTransport;

/// Rejects a request over plain HTTP from another machine with status 403, unless `allowed` is `Any`. A request that came through a proxy
/// counts as one from another machine. A request without a known address passes. A request with the right key is also rejected, so that the
/// operator notices that others may have read the key on the network.
pub(super) fn check(allowed: AdminTransport, request: &Request) -> Result<(), Problem> {
    if allowed == AdminTransport::Any {
        return Ok(());
    }
    let transport = request.extensions().get::<Transport>();
    let why = match (transport, audit::address(request.extensions())) {
        (Some(Transport::Tls), _) | (None, None) => return Ok(()),
        (None, Some(address)) if !is_loopback(address) => String::new(),
        (None, Some(_)) => match proxy_header(request) {
            None => return Ok(()),
            Some(header) => format!(
                "the request came through a proxy (header {header}), so it does not count as one from this machine: "
            ),
        },
    };
    Err(Problem::new(
        StatusCode::FORBIDDEN,
        format!(
            "{why}the admin API is not served over plain HTTP to other machines, since the key can be read on the network: use TLS, \
             a proxy of --trusted-proxies that sends x-forwarded-proto: https, or a tunnel to this machine; --admin-over-plain-http \
             allows plain HTTP"
        ),
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

    fn request(address: Option<&str>, transport: Option<Transport>, header: &str) -> Request {
        let mut request = Request::new(Body::empty());
        if let Ok(name) = http::HeaderName::try_from(header) {
            request.headers_mut().insert(name, http::HeaderValue::from_static("x"));
        }
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
        for (address, transport, passes, passes_behind_a_proxy) in [
            (Some("127.0.0.1"), None, true, false),
            (Some("127.0.0.6"), None, true, false),
            (Some("::1"), None, true, false),
            (Some("::ffff:127.0.0.1"), None, true, false),
            (Some("127.0.0.1"), tls, true, true),
            (Some("192.0.2.1"), None, false, false),
            (Some("::ffff:192.0.2.1"), None, false, false),
            (Some("10.0.0.1"), None, false, false),
            (Some("2001:db8::1"), None, false, false),
            (Some("192.0.2.1"), tls, true, true),
            (Some("2001:db8::1"), tls, true, true),
            (None, None, true, true),
        ] {
            for (header, passes) in [
                ("", passes),
                ("accept", passes),
                ("forwarded", passes_behind_a_proxy),
                ("x-forwarded-for", passes_behind_a_proxy),
                ("x-forwarded-proto", passes_behind_a_proxy),
                ("via", passes_behind_a_proxy),
                ("x-real-ip", passes_behind_a_proxy),
            ] {
                let request = request(address, transport, header);
                let checked = check(AdminTransport::Protected, &request);
                assert_eq!(checked.is_ok(), passes, "{address:?} {transport:?} {header}");
                assert!(check(AdminTransport::Any, &request).is_ok());
            }
        }
    }
}
