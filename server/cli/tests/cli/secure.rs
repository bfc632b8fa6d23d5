//! A TLS server with a certificate made for the test, in front of an Edge that answers 404 to every request, and a client of TLS servers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use fh_test::certificates::{Authority, Certificate};
use fh_test_servers::featurehub::{Behaviour, FakeEdge, TlsFront};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::tool::file;

/// The port of a TLS server, and the path of a file with the authority that issued its certificate.
pub(crate) struct Secure {
    pub(crate) port: u16,
    pub(crate) authority: String,
    _edge: FakeEdge,
    _front: TlsFront,
}

impl Secure {
    /// Starts a server with a certificate for this name that expires in `days` days.
    pub(crate) fn start(name: &str, days: i64) -> Self {
        let authority = authority();
        Self::with(&authority.issue(name, -100..days), authority.pem())
    }

    /// Starts a server whose certificate is also that of an authority. Clients are to trust this certificate.
    pub(crate) fn self_signed_authority(name: &str) -> Self {
        let certificate = Certificate::self_signed_authority(name);
        Self::with(&certificate, certificate.pem().to_string())
    }

    fn with(certificate: &Certificate, trusted: String) -> Self {
        let edge = FakeEdge::start().unwrap();
        edge.behave(Behaviour::status(404));
        let front = TlsFront::start(edge.address(), certificate.server()).unwrap();
        let port = front.address().port();
        let authority = file(&format!("authority-{port}.pem"), trusted);
        Self { port, authority, _edge: edge, _front: front }
    }
}

fn authority() -> Authority {
    Authority::new("the test's authority")
}

/// Writes a file with an authority of another name that has issued no certificate, and returns its path.
pub(crate) fn stranger() -> String {
    file("stranger.pem", Authority::new("a stranger").pem())
}

/// Writes a file with an authority of the same name and another key, and returns its path.
pub(crate) fn successor() -> String {
    file("successor.pem", authority().pem())
}

/// Sends a GET to this port of `localhost` over TLS and returns the whole answer. Trusts the authority (PEM).
pub(crate) fn get(authority: &str, port: &str, path: &str, headers: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let socket = TcpStream::connect(format!("127.0.0.1:{port}")).unwrap();
    socket.set_read_timeout(Some(fh_test::wait::PATIENCE)).unwrap();
    let mut stream = StreamOwned::new(connection, socket);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}connection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
