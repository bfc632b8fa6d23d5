//! The way to a server: TLS, proxies, and a program's own transport.

use fh_client::transport::{
    BoxFuture, ReqwestTransport, Response, Transport, TransportError, TransportRequest,
};
use fh_client::{Client, ClientBuilder, featbit};
use fh_fake_edge::{Proxy, TlsFront};
use fh_test_certificates::Authority;
use fh_test_featbit::{TestServer, sample};

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
    let (server, authority) = (server(), Authority::new("ours"));
    let certificate = authority.issue("flags.invalid", -1..1);
    let front = TlsFront::start(server.address(), certificate.server()).unwrap();
    let proxy = Proxy::start(front.address()).unwrap();
    let trusting = ReqwestTransport::builder().proxy(&proxy.url()).ca_certificate(authority.pem());
    let secret = server.environment().server_secret();
    let settings = featbit::Settings::new(secret).streaming_url("wss://flags.invalid");
    let builder = Client::featbit(settings).transport(trusting.build().unwrap());
    assert_eq!(reads(&server, builder), 1);
    assert_eq!(proxy.requests()[0].line, "CONNECT flags.invalid:443 HTTP/1.1");
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
