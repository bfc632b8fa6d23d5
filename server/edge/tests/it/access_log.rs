//! The lines of the access log.

use std::net::SocketAddr;

use fh_edge::listen::{AccessLog, ListenOptions, Listener, serve};
use fh_edge::{Edge, RedactedLog};
use fh_test::Log;
use fh_test::wait::PATIENCE;

use crate::http::request;
use crate::shop::state;

/// Starts an Edge with an access log, or without one, that trusts the `x-forwarded-for` of these proxies.
async fn listen(proxies: Option<&str>) -> SocketAddr {
    let edge = Edge::builder().state(state()).build().unwrap();
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut options = ListenOptions::default();
    options.access_log =
        proxies.map(|list| AccessLog::new(list.parse().unwrap(), RedactedLog::default()));
    tokio::spawn(serve([listener], edge.router(), options, std::future::pending()));
    address
}

/// Returns the only log line that contains a text, which differs from test to test.
fn only_line(log: &Log, number: &str) -> String {
    let is_it = |line: &str| line.contains("fh_edge::access") && line.contains(number);
    let lines = log.wait_for_lines(PATIENCE, is_it);
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_names_client_and_request_without_secrets() {
    let log = Log::capture();
    for (trusted, client, number) in
        [("127.0.0.1", "203.0.113.9", "06b2b8d6c001"), ("192.0.2.1", "127.0.0.1", "06b2b8d6c002")]
    {
        let environment = format!("71ed3c04-0000-4312-9ea8-{number}");
        let address = listen(Some(trusted)).await;
        let path = format!("/features/{environment}/topsecret/FLAG?xfeaturehub=userkey%3Dmallory");
        request(address, "POST", &path, &[("x-forwarded-for", "203.0.113.9")], "").await;
        let line = only_line(&log, number);
        let shown = format!("path=\"/features/{environment}/***/***?***\"");
        for part in ["method=POST", &shown, "status=405", "bytes=0", &format!("client={client}")] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(line.contains("INFO") && line.contains("milliseconds="), "{line}");
        assert!(!line.contains("topsecret") && !line.contains("mallory"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_logged_only_if_configured() {
    let log = Log::capture();
    for proxies in [None, Some("")] {
        let address = listen(proxies).await;
        let path = "/features/71ed3c04-0000-4312-9ea8-06b2b8d6c003";
        request(address, "GET", path, &[], "").await;
    }
    // The line is that of the second server.
    only_line(&log, "06b2b8d6c003");
}
