//! A TLS server with a certificate made for the test, which answers 404 to every request, and a client of such servers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use fh_test_certificates::Authority;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};

use crate::tool::file;

/// The port of a TLS server, and the path of a file with the authority that issued its certificate.
pub(crate) struct Secure {
    pub(crate) port: u16,
    pub(crate) authority: String,
}

impl Secure {
    /// Starts a server with a certificate for this name that expires in `days` days. The server runs until the tests end.
    pub(crate) fn start(name: &str, days: i64) -> Self {
        let authority = authority();
        let config = authority.issue(name, -100..days).server();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || serve(&listener, &Arc::new(config)));
        Self { port, authority: file(&format!("authority-{port}.pem"), authority.pem()) }
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

fn serve(listener: &TcpListener, config: &Arc<ServerConfig>) {
    for socket in listener.incoming().map_while(Result::ok) {
        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        let mut head = Vec::new();
        let mut byte = [0];
        // A client that rejects the certificate closes the connection.
        while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
            head.push(byte[0]);
        }
        let _ = stream
            .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
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
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = StreamOwned::new(connection, socket);
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\n{headers}connection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
