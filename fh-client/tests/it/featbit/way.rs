//! The way to a server: TLS, proxies, and a program's own transport.

use fh_client::transport::{
    BoxFuture, ReqwestTransport, Response, Transport, TransportError, TransportRequest,
};
use fh_client::{Client, ClientBuilder, Connection, Problem, Status, featbit};
use fh_test::certificates::Authority;
use fh_test_servers::featbit::{TestServer, sample};
use fh_test_servers::featurehub::{Http2Front, Proxy, TlsFront};

use super::settings;
use crate::support::{PATIENCE, quick, started, transport, until};

fn server() -> TestServer {
    let server = TestServer::start().unwrap();
    server.environment().put_flag(&sample::string_flag("colour", "red")).unwrap();
    server
}

/// Checks that the client reads a flag and its change. Returns the number of sockets that it has opened.
fn reads(server: &TestServer, builder: ClientBuilder) -> usize {
    let client = started(builder.configure(quick));
    let bob = client.context().user_key("bob").build();
    assert_eq!(bob.string("colour").as_deref(), Some("red"));
    server.environment().put_flag(&sample::string_flag("colour", "blue")).unwrap();
    until(&client, |_| bob.string("colour").as_deref() == Some("blue"));
    server.record().upgrades.len()
}

#[test]
fn a_server_behind_tls_that_prefers_http_2_gets_a_socket_over_http_1() {
    let (server, authority) = (server(), Authority::new("ours"));
    let mut config = authority.issue("localhost", -1..1).server();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let front = TlsFront::start(server.address(), config).unwrap();
    let url = format!("wss://localhost:{}", front.address().port());
    let settings = featbit::Settings::new(server.environment().server_secret()).streaming_url(url);
    let trusting = ReqwestTransport::builder().no_proxy().ca_certificate(authority.pem());
    let builder = Client::featbit(settings).transport(trusting.build().unwrap());
    assert_eq!(reads(&server, builder), 1);
}

#[test]
fn sockets_pass_a_tunnel_through_a_proxy() {
    let authority = Authority::new("ours");
    let front = |to, name| TlsFront::start(to, authority.issue(name, -1..1).server()).unwrap();
    for (url, tunnel) in [
        ("wss://flags.invalid", "CONNECT flags.invalid:443 HTTP/1.1"),
        ("ws://flags.invalid", "CONNECT flags.invalid:80 HTTP/1.1"),
        ("ws://flags.invalid:5100", "CONNECT flags.invalid:5100 HTTP/1.1"),
    ] {
        let server = server();
        let secured = url.starts_with("wss").then(|| front(server.address(), "flags.invalid"));
        let to = secured.as_ref().map_or(server.address(), TlsFront::address);
        let credentials = "Basic bWU6cEBzcw==";
        let proxy = Proxy::requiring(to, credentials).unwrap();
        // The way to the proxy itself may also be secured.
        let proxy_front = front(proxy.address(), "localhost");
        let port = proxy_front.address().port();
        for at in [
            format!("http://me:p@ss@{}", proxy.address()),
            format!("https://me:p@ss@localhost:{port}"),
        ] {
            let before = (server.record().upgrades.len(), proxy.requests().len());
            let transport = ReqwestTransport::builder().proxy(&at).ca_certificate(authority.pem());
            let secret = server.environment().server_secret();
            let settings = featbit::Settings::new(secret).streaming_url(url).insights(false);
            let builder = Client::featbit(settings).transport(transport.build().unwrap());
            assert_eq!(reads(&server, builder), before.0 + 1, "{url} {at}");
            let request = &proxy.requests()[before.1];
            assert_eq!(request.line, tunnel, "{at}");
            assert_eq!(request.credentials.as_deref(), Some(credentials), "{url} {at}");
            server.environment().put_flag(&sample::string_flag("colour", "red")).unwrap();
        }
    }
}

#[test]
fn a_proxy_that_refuses_a_tunnel_is_named_and_the_client_polls_at_once() {
    let server = server();
    let proxy = Proxy::without_tunnels(server.address()).unwrap();
    let transport = ReqwestTransport::builder().proxy(&proxy.url()).build().unwrap();
    let secret = server.environment().server_secret();
    let settings = featbit::Settings::new(secret).streaming_url("ws://flags.invalid:5100");
    let client = started(Client::featbit(settings).transport(transport).configure(quick));
    let bob = client.context().user_key("bob").build();
    assert_eq!(bob.string("colour").as_deref(), Some("red"));
    assert!(server.record().upgrades.is_empty());
    let tunnels =
        proxy.requests().iter().filter(|request| request.line.starts_with("CONNECT")).count();
    assert_eq!(tunnels, 1);
    let problem = client.status().problem.unwrap().to_string();
    let address = proxy.address();
    let named = format!(
        "the proxy {address} of the setting proxy refuses a tunnel to flags.invalid:5100 (status 403)"
    );
    assert!(problem.contains(&named), "{problem}");
}

#[test]
fn a_server_of_http_2_only_is_polled_after_three_sockets() {
    let authority = Authority::new("ours");
    for is_secured in [true, false] {
        let server = server();
        let config = is_secured.then(|| authority.issue("localhost", -1..1).server());
        let front = Http2Front::start(server.address(), config).unwrap();
        let transport = ReqwestTransport::builder().no_proxy().ca_certificate(authority.pem());
        let (scheme, transport) = match is_secured {
            true => ("wss", transport),
            // Without TLS, the program itself has to know that the server speaks HTTP/2.
            false => ("ws", transport.configure(reqwest::ClientBuilder::http2_prior_knowledge)),
        };
        let url = format!("{scheme}://localhost:{}", front.address().port());
        let settings = featbit::Settings::new(server.environment().server_secret());
        let builder = Client::featbit(settings.streaming_url(url));
        let client = started(builder.transport(transport.build().unwrap()).configure(quick));
        let bob = client.context().user_key("bob").build();
        assert_eq!(bob.string("colour").as_deref(), Some("red"), "{scheme}");
        let is_blocked = |status: &Status| {
            let problem = status.problem.as_ref().map(Problem::as_str);
            status.connection == Connection::Resting && problem == Some("sockets_blocked")
        };
        until(&client, is_blocked);
        let record = server.record();
        assert!(record.upgrades.is_empty(), "{scheme}: {:?}", record.upgrades);
        let polls = record.requests.iter().filter(|request| request.target.contains("latest-all"));
        assert!(matches!(polls.count(), 1 | 2), "{scheme}");
    }
}

/// A transport of a program that was written for polls and streams.
struct Plain(ReqwestTransport);

impl Transport for Plain {
    fn send(&self, request: TransportRequest) -> BoxFuture<Result<Response, TransportError>> {
        self.0.send(request)
    }
}

#[test]
fn a_transport_without_sockets_polls_with_a_notice() {
    let server = server();
    let (heard, notices) = std::sync::mpsc::channel();
    let client = Client::featbit(settings(&server))
        .transport(Plain(transport()))
        .on_notice(move |notice| heard.send(notice.as_str()).unwrap())
        .start()
        .unwrap();
    client.wait_ready(PATIENCE).unwrap();
    assert_eq!(notices.recv_timeout(PATIENCE).unwrap(), "sockets_unsupported");
    assert!(server.record().upgrades.is_empty());
    let bob = client.context().user_key("bob").build();
    assert_eq!(bob.string("colour").as_deref(), Some("red"));
}

#[test]
fn headers_of_the_program_are_sent_with_sockets_polls_and_insights() {
    let server = server();
    for settings in [settings(&server), settings(&server).polling(PATIENCE)] {
        let builder = Client::featbit(settings).transport(transport()).header("x-team", "checkout");
        let client = started(builder);
        let bob = client.context().user_key("bob").build();
        assert_eq!(bob.string("colour").as_deref(), Some("red"));
        client.flush(PATIENCE).unwrap();
        crate::support::soon(client.set_headers(vec![("x-team".into(), "basket".into())])).unwrap();
        assert_eq!(bob.string("colour").as_deref(), Some("red"));
        client.flush(PATIENCE).unwrap();
    }
    let record = server.record();
    let insights = record.insights.iter().map(|insight| insight.header("x-team").unwrap());
    let insights: Vec<&str> = insights.collect();
    assert_eq!(insights, ["checkout", "basket", "checkout", "basket"]);
    for upgrade in &record.upgrades {
        assert!(
            upgrade.headers.iter().any(|(name, value)| name == "x-team" && value == "checkout")
        );
    }
    let polls = record.requests.iter().filter(|request| request.target.contains("latest-all"));
    let polls: Vec<&str> = polls.map(|request| request.header("x-team").unwrap()).collect();
    assert_eq!(polls, ["checkout", "basket"]);
}
