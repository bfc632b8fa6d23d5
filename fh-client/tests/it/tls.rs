//! TLS: the program's own certificate authorities, and certificates that must not be accepted (C-STREAM-032 to 034).

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::ops::Range;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use fh_client::transport::ReqwestTransport;
use fh_client::{Client, Problem, StartError};
use fh_test::certificates::{Authority, Certificate};
use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, TlsFront};

use crate::support::{PATIENCE, quick, until};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("COLOUR", "red"));
    edge
}

fn client(edge: &FakeEdge, address: SocketAddr, trusted: &str) -> Client {
    let transport = ReqwestTransport::builder().no_proxy().ca_certificate(trusted).build().unwrap();
    Client::builder(format!("https://localhost:{}", address.port()), edge.client_key())
        .transport(transport)
        .configure(quick)
        .start()
        .unwrap()
}

fn refused(name: &str, good: Range<i64>, trusted: Option<&Authority>, why: &str) {
    let authority = Authority::new("ours");
    let certificate = authority.issue(name, good);
    refused_certificate(&certificate, &trusted.unwrap_or(&authority).pem(), why);
}

/// Checks that the client is never ready, that it reports the reason, and that it retries, since a certificate may be renewed.
fn refused_certificate(certificate: &Certificate, trusted: &str, why: &str) {
    let edge = edge();
    let front = TlsFront::start(edge.address(), certificate.server()).unwrap();
    let client = client(&edge, front.address(), trusted);
    let status = until(&client, |status| status.attempts >= 3);
    let Some(Problem::Tls(said)) = &status.problem else { panic!("{status}") };
    assert!(said.contains(why), "{said}");
    assert!(status.next_attempt.is_some() || status.connection.as_str() == "connecting");
    assert!(client.wait_ready(Duration::ZERO).is_err());
    assert!(edge.recording().requests.is_empty());
}

#[test]
fn an_unknown_authority_is_refused() {
    refused("localhost", -1..1, Some(&Authority::new("another")), "UnknownIssuer");
}

/// Such a certificate is what `openssl req -x509` makes by default.
#[test]
fn a_trusted_certificate_of_an_authority_is_refused_as_that_of_a_server_in_words() {
    let certificate = Certificate::self_signed_authority("localhost");
    refused_certificate(&certificate, certificate.pem(), "(CA:TRUE)");
}

#[test]
fn an_expired_certificate_is_refused() {
    refused("localhost", -2..-1, None, "expired");
}

#[test]
fn a_certificate_of_another_host_is_refused() {
    refused("elsewhere.example", -1..1, None, "not valid for");
}

#[test]
fn a_server_without_tls_is_a_problem_of_tls() {
    let edge = edge();
    edge.on_accept(Some(Behaviour::garbage("HTTP/1.1 400 Bad Request\r\n\r\n")));
    let client = client(&edge, edge.address(), &Authority::new("ours").pem());
    let status = until(&client, |status| status.problem.is_some());
    assert!(matches!(status.problem, Some(Problem::Tls(_))), "{status}");
}

/// Forwards a connection to `to`, until `garbage` sends bytes that are no TLS to the client.
fn tampered(to: SocketAddr) -> (SocketAddr, Sender<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (garbage, wanted) = channel();
    thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(to).unwrap();
        let (mut requests, mut to_server) =
            (client.try_clone().unwrap(), server.try_clone().unwrap());
        thread::spawn(move || std::io::copy(&mut requests, &mut to_server));
        let mut responses = client.try_clone().unwrap();
        thread::spawn(move || std::io::copy(&mut server, &mut responses));
        wanted.recv().unwrap();
        client.write_all(b"HTTP/1.1 500 this is no record of TLS\r\n\r\n").unwrap();
    });
    (address, garbage)
}

#[test]
fn a_broken_body_is_no_failed_handshake() {
    let (edge, authority) = (edge(), Authority::new("ours"));
    let certificate = authority.issue("localhost", -1..1);
    let front = TlsFront::start(edge.address(), certificate.server()).unwrap();
    let (address, garbage) = tampered(front.address());
    let client = client(&edge, address, &authority.pem());
    client.wait_ready(PATIENCE).unwrap();
    garbage.send(()).unwrap();
    let status = until(&client, |status| status.problem.is_some());
    let Some(Problem::Unreachable(said)) = &status.problem else { panic!("{status}") };
    assert!(said.contains("while the response was read"), "{said}");
}

#[test]
fn what_is_no_certificate_is_an_error_at_the_start() {
    let setup = ReqwestTransport::builder().ca_certificate("not PEM").build();
    assert!(setup.is_err());
    let key = ReqwestTransport::builder().client_certificate(Authority::new("x").pem()).build();
    assert!(key.unwrap_err().to_string().contains("private key"));
    // Some editors write a byte order mark before the text.
    let marked = |pem: &str| format!("\u{feff}{pem}");
    let certificate = Authority::new("x").issue("localhost", -1..1);
    let identity = marked(&format!("{}{}", certificate.pem(), certificate.key_pem()));
    let builder = ReqwestTransport::builder().ca_certificate(marked(&Authority::new("x").pem()));
    builder.client_certificate(identity).build().unwrap();
    let proxy = ReqwestTransport::builder().proxy("not a url").build().unwrap_err();
    let error = StartError::from(proxy);
    assert!(error.to_string().contains("proxy"), "{error}");
    // `no_proxy` disables earlier proxies, even those that cannot be used.
    ReqwestTransport::builder().proxy("not a url").no_proxy().build().unwrap();
}
