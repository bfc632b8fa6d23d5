//! Tests of proxies (C-STREAM-035).

use std::process::{Command, Stdio};

use fh_client::transport::{ReqwestTransport, TransportSetupError};
use fh_client::{Client, StartError};
use fh_fake_edge::{FakeEdge, Feature, ProxiedRequest, Proxy};
use fh_test_wait::wait_for;

use crate::support::{PATIENCE, quick};

/// Waits until the proxy has received a request, and returns the first one.
fn first_request(proxy: &Proxy) -> ProxiedRequest {
    wait_for("a request reaches the proxy", || proxy.requests().into_iter().next())
}

#[test]
fn requests_go_through_it() {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    let proxy = Proxy::start(edge.address()).unwrap();
    let transport = ReqwestTransport::builder()
        .proxy(&format!("http://me:pw@{}", proxy.address()))
        .build()
        .unwrap();
    // The host name is one that only the proxy can resolve.
    let client = Client::builder("http://edge.invalid/base", edge.client_key())
        .transport(transport)
        .configure(quick)
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(client.string("COLOUR").as_deref(), Some("red"));
    let expected = format!("GET http://edge.invalid/base/features/{} HTTP/1.1", edge.client_key());
    let request = first_request(&proxy);
    assert_eq!(request.line, expected);
    assert_eq!(request.credentials.as_deref(), Some("Basic bWU6cHc="));
}

#[test]
fn https_is_tunnelled() {
    let edge = FakeEdge::start().unwrap();
    let proxy = Proxy::start(edge.address()).unwrap();
    let transport = ReqwestTransport::builder().proxy(&proxy.url()).build().unwrap();
    let _client = Client::builder("https://edge.invalid", edge.client_key())
        .transport(transport)
        .configure(quick)
        .start()
        .unwrap();
    assert_eq!(first_request(&proxy).line, "CONNECT edge.invalid:443 HTTP/1.1");
}

#[test]
fn proxies_that_can_never_work_are_refused() {
    for proxy in ["http://p:99999", "gopher://p", "socks5://me:secret@p"] {
        let refused = ReqwestTransport::builder().proxy(proxy).build().unwrap_err();
        assert!(matches!(refused, TransportSetupError::Proxy(_)), "{proxy}: {refused:?}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}

const EDGE: &str = "FH_TEST_EDGE";

/// Runs itself again with other environment variables, because the tests of this process share one environment.
#[test]
fn a_proxy_of_the_environment_is_refused_if_it_would_be_used() {
    if let Ok(edge) = std::env::var(EDGE) {
        match Client::builder(edge, "e/key*").start() {
            Ok(_) => println!("outcome: started"),
            Err(StartError::Setting(setting)) => println!("outcome: {}", setting.name),
            Err(other) => println!("outcome: {other}"),
        }
        return;
    }
    let test =
        concat!(module_path!(), "::a_proxy_of_the_environment_is_refused_if_it_would_be_used");
    let test = test.split_once("::").unwrap().1;
    let bad = "socks5://127.0.0.1:1";
    for (edge, set, outcome) in [
        ("http://192.0.2.1:9", ("HTTP_PROXY", bad), "HTTP_PROXY"),
        ("http://192.0.2.1:9", ("all_proxy", "http://p:99999"), "all_proxy"),
        ("http://192.0.2.1:9", ("HTTPS_PROXY", bad), "started"),
        ("https://192.0.2.1:9", ("https_proxy", bad), "https_proxy"),
    ] {
        let mut process = Command::new(std::env::current_exe().unwrap());
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
            process.env_remove(name).env_remove(name.to_lowercase());
        }
        process.args(["--exact", test, "--nocapture"]).env(EDGE, edge).env(set.0, set.1);
        let output = process.stderr(Stdio::inherit()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let said = text.lines().find_map(|line| line.split_once("outcome: "));
        assert_eq!(said.map(|(_, outcome)| outcome), Some(outcome), "{edge} {set:?}: {text}");
    }
}
