//! Tests of proxies (C-STREAM-035).

use std::process::{Command, Stdio};

use fh_client::transport::{ReqwestTransport, TransportSetupError};
use fh_client::{Client, Readiness};
use fh_test::wait::wait_for;
use fh_test_servers::featurehub::{FakeEdge, Feature, ProxiedRequest, Proxy};

use crate::support::{PATIENCE, quick, until};

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
    for proxy in ["http://p:99999", "gopher://p", "quic://me:secret@p"] {
        let refused = ReqwestTransport::builder().proxy(proxy).build().unwrap_err();
        assert!(matches!(refused, TransportSetupError::Proxy(_)), "{proxy}: {refused:?}");
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}

const EDGE: &str = "FH_TEST_EDGE";
const KEY: &str = "FH_TEST_KEY";

/// Starts a client of the Edge and the key of two variables, and prints whether it becomes ready, or its problem. Other environment variables need another
/// process, because the tests of this process share one environment.
#[test]
fn a_client_of_another_process() {
    let Ok(edge) = std::env::var(EDGE) else { return };
    match Client::builder(edge, std::env::var(KEY).unwrap()).configure(quick).start() {
        Ok(client) => {
            let status = until(&client, |status| {
                status.readiness == Readiness::Ready || status.problem.is_some()
            });
            let problem = status.problem.map(|problem| problem.to_string());
            println!("outcome: {}", problem.as_deref().unwrap_or("ready"));
        }
        Err(error) => println!("outcome: {error}"),
    }
}

/// Returns what [`a_client_of_another_process`] prints with these environment variables. The key is that of the fake Edge.
fn outcome(fake: &FakeEdge, edge: &str, set: &[(&str, &str)]) -> String {
    let test = concat!(module_path!(), "::a_client_of_another_process");
    let test = test.split_once("::").unwrap().1;
    let mut process = Command::new(std::env::current_exe().unwrap());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"] {
        process.env_remove(name).env_remove(name.to_lowercase());
    }
    process.args(["--exact", test, "--nocapture"]).envs(set.iter().copied());
    process.env(EDGE, edge).env(KEY, fake.client_key());
    let output = process.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let said = text.lines().find_map(|line| line.split_once("outcome: "));
    said.unwrap_or_else(|| panic!("{edge} {set:?}: {text}")).1.to_string()
}

#[test]
fn a_proxy_of_the_environment_is_refused_if_it_would_be_used() {
    let fake = FakeEdge::start().unwrap();
    let bad = "quic://127.0.0.1:1";
    let scheme = "begins with neither http:// nor https://";
    for (edge, set, said) in [
        (
            "http://192.0.2.1:9",
            ("HTTP_PROXY", bad),
            ["the setting HTTP_PROXY can never work", scheme],
        ),
        (
            "http://192.0.2.1:9",
            ("all_proxy", "http://p:99999"),
            ["the setting all_proxy", "not a valid"],
        ),
        ("https://192.0.2.1:9", ("https_proxy", bad), ["the setting https_proxy", scheme]),
        (fake.url().as_str(), ("HTTPS_PROXY", bad), ["ready", ""]),
    ] {
        let outcome = outcome(&fake, edge, &[set]);
        assert!(said.iter().all(|part| outcome.contains(part)), "{edge} {set:?}: {outcome}");
    }
}

/// `me:p@ss`, as a request sends it.
const CREDENTIALS: &str = "Basic bWU6cEBzcw==";

#[test]
fn a_proxy_gets_only_the_requests_and_the_password_that_are_meant_for_it() {
    let edge = FakeEdge::start().unwrap();
    let (url, port) = (edge.url(), edge.address().port());
    let proxy = Proxy::requiring(edge.address(), CREDENTIALS).unwrap();
    let with = |credentials: &str| format!("http://{credentials}{}", proxy.address());
    let (at, other) = (format!("127.0.0.1:{port}"), format!("[::1], 127.0.0.1:{}", port ^ 1));
    for (proxied, without, is_used) in [
        (with("me:p@ss@"), "", true),
        (with("me:p%40ss@"), "localhost,.1", true),
        (with("me:p@ss@"), other.as_str(), true),
        (with("me:p@ss@"), "*", false),
        (with(""), at.as_str(), false),
    ] {
        let before = proxy.requests().len();
        let set = [("HTTP_PROXY", proxied.as_str()), ("NO_PROXY", without)];
        assert_eq!(outcome(&edge, &url, &set), "ready", "{set:?}");
        assert_eq!(proxy.requests().len() > before, is_used, "{set:?}");
    }
    let transport = ReqwestTransport::builder().proxy(&with("me:p@ss@")).build().unwrap();
    let builder = Client::builder(url, edge.client_key()).transport(transport).configure(quick);
    builder.start().unwrap().wait_ready(PATIENCE).unwrap();
}

#[test]
fn an_error_of_a_proxy_names_the_proxy() {
    let fake = FakeEdge::start().unwrap();
    let proxy = Proxy::requiring(fake.address(), CREDENTIALS).unwrap();
    let place = proxy.address().to_string();
    let closed = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().to_string()
    };
    let without_tunnels = Proxy::without_tunnels(fake.address()).unwrap();
    let narrow = without_tunnels.address().to_string();
    let refused = "Connection refused";
    for (edge, variable, credentials, place, why) in [
        (
            "http://edge.invalid",
            "HTTP_PROXY",
            "",
            &place,
            "requires a user name and a password (status 407)",
        ),
        (
            "https://edge.invalid",
            "HTTPS_PROXY",
            "",
            &place,
            "requires a user name and a password (status 407)",
        ),
        (
            "http://edge.invalid",
            "HTTP_PROXY",
            "me:secret@",
            &place,
            "refuses the user name and the password",
        ),
        (
            "https://edge.invalid",
            "all_proxy",
            "me:secret@",
            &place,
            "refuses the user name and the password",
        ),
        ("http://edge.invalid", "HTTP_PROXY", "", &closed, refused),
        ("https://edge.invalid", "https_proxy", "", &closed, refused),
        (
            "https://edge.invalid:8443",
            "https_proxy",
            "",
            &narrow,
            "refuses a tunnel to edge.invalid:8443, or could not connect to it",
        ),
    ] {
        let outcome = outcome(&fake, edge, &[(variable, &format!("http://{credentials}{place}"))]);
        let named = format!("the server cannot be reached: the proxy {place} of {variable}");
        assert!(outcome.starts_with(&named) && outcome.contains(why), "{outcome}");
        assert!(!outcome.contains("secret"), "{outcome}");
    }
}
