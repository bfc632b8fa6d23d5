//! The lines of the access log.

use fh_edge::listen::{AccessLog, ListenOptions, Listener, serve};
use fh_edge::{Edge, RedactedLog};
use fh_test::Log;
use fh_test::wait::PATIENCE;

use crate::http::request;
use crate::shop::state;

#[tokio::test(flavor = "multi_thread")]
async fn a_line_names_client_and_request_without_secrets() {
    const ENVIRONMENT: &str = "71ed3c04-0000-4312-9ea8-06b2b8d6c001";
    let log = Log::capture();
    let edge = Edge::builder().state(state()).build().unwrap();
    let listener = Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let address = listener.local_addr().unwrap();
    let mut options = ListenOptions::default();
    let trusted = "127.0.0.1".parse().unwrap();
    options.access_log = Some(AccessLog::new(trusted, RedactedLog::default()));
    tokio::spawn(serve([listener], edge.router(), options, std::future::pending()));
    let path = format!("/features/{ENVIRONMENT}/topsecret/FLAG?xfeaturehub=userkey%3Dmallory");
    request(address, "POST", &path, &[("x-forwarded-for", "203.0.113.9")], "").await;
    let is_it = |line: &str| line.contains("fh_edge::access") && line.contains(ENVIRONMENT);
    let [line] = &log.wait_for_lines(PATIENCE, is_it)[..] else { panic!("{}", log.text()) };
    let shown = format!("path=\"/features/{ENVIRONMENT}/***/***?***\"");
    for part in ["method=POST", &shown, "status=405", "bytes=0", "client=203.0.113.9", "INFO"] {
        assert!(line.contains(part), "{part}: {line}");
    }
    assert!(line.contains("milliseconds="), "{line}");
    assert!(!line.contains("topsecret") && !line.contains("mallory"), "{line}");
}
