//! A server that speaks TLS with a certificate made for the test, and answers 404 to everything.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::tool::file;

/// Where it listens, and the file with the authority that has issued its certificate.
pub(crate) struct Secure {
    pub(crate) port: u16,
    pub(crate) authority: String,
}

const DAY: u64 = 24 * 3600;

impl Secure {
    /// A server with a certificate for this name that is valid until so many days from now. It runs until the tests end.
    pub(crate) fn start(name: &str, days: i64) -> Self {
        let authority = authority("the test's authority");
        let mut params = CertificateParams::new([name.to_string()]).unwrap();
        let now = SystemTime::now();
        let distance = Duration::from_secs(days.unsigned_abs() * DAY);
        let until = if days < 0 { now - distance } else { now + distance };
        params.not_before = (now - Duration::from_secs(100 * DAY)).into();
        // Whole days are counted down.
        params.not_after = (until + Duration::from_secs(60)).into();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || serve(&listener, &Arc::new(config)));
        Self { port, authority: file(&format!("authority-{port}.pem"), authority.pem()) }
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A file with an authority of another name, that has issued nothing.
pub(crate) fn stranger() -> String {
    file("stranger.pem", authority("a stranger").pem())
}

/// A file with an authority of the same name, and another key.
pub(crate) fn successor() -> String {
    file("successor.pem", authority("the test's authority").pem())
}

fn serve(listener: &TcpListener, config: &Arc<ServerConfig>) {
    for socket in listener.incoming().map_while(Result::ok) {
        let connection = ServerConnection::new(Arc::clone(config)).unwrap();
        let mut stream = StreamOwned::new(connection, socket);
        let mut head = Vec::new();
        let mut byte = [0];
        // A client that takes offence at the certificate just goes.
        while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
            head.push(byte[0]);
        }
        let _ = stream
            .write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.conn.send_close_notify();
        let _ = stream.flush();
    }
}
