//! Client connections to servers, plain or with TLS.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::time::Duration;

use fh_test::certificates::Authority;
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use socket2::{Domain, Socket, Type};

use crate::servers::Places;

/// The number of source addresses. With a single one, about 28,000 ports are available.
const SOURCES: u8 = 8;
/// The time limit for a connection.
const PATIENCE: Duration = Duration::from_secs(20);
/// The host name of the certificate.
const HOST: &str = "localhost";

/// The addresses of equal servers, and the configuration of TLS if they use it.
#[derive(Clone)]
pub struct Target {
    pub servers: Vec<SocketAddr>,
    pub tls: Option<Arc<ClientConfig>>,
}

impl From<SocketAddr> for Target {
    fn from(server: SocketAddr) -> Self {
        Self { servers: vec![server], tls: None }
    }
}

impl Target {
    /// Opens a connection. Connections with consecutive numbers go to the servers in turn.
    pub fn connect(&self, number: usize) -> io::Result<Connection> {
        let mut socket = connect(number, self.servers[number % self.servers.len()])?;
        let Some(tls) = &self.tls else { return Ok(Connection::Plain(socket)) };
        let host = ServerName::try_from(HOST).map_err(io::Error::other)?;
        let mut session = ClientConnection::new(Arc::clone(tls), host).map_err(io::Error::other)?;
        while session.is_handshaking() {
            session.complete_io(&mut socket)?;
        }
        Ok(Connection::Tls(Box::new(StreamOwned::new(session, socket))))
    }
}

pub enum Connection {
    Plain(TcpStream),
    Tls(Box<StreamOwned<ClientConnection, TcpStream>>),
}

impl Connection {
    pub fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &stream.sock,
        }
    }
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket().as_fd()
    }
}

impl Read for Connection {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl Write for Connection {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}

fn connect(number: usize, server: SocketAddr) -> io::Result<TcpStream> {
    let source = Ipv4Addr::new(127, 0, 0, 2 + (number % usize::from(SOURCES)) as u8);
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Connections are reset on close. Otherwise their ports would stay in use for a minute, and finding a free one would
    // take longer and longer.
    socket.set_linger(Some(Duration::ZERO))?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect_timeout(&server.into(), PATIENCE)?;
    Ok(socket.into())
}

/// Writes a certificate into the folder of this run. Returns the flags of `fh serve` for it, and the configuration of its clients, which make
/// a full handshake for each connection.
pub fn certificate(places: &Places) -> Result<(Vec<String>, Arc<ClientConfig>), String> {
    let authority = Authority::new("bench");
    let certificate = authority.issue(HOST, -1..1);
    let write = |name: &str, text: &str| {
        let path = places.folder.join(name);
        std::fs::write(&path, text).map_err(|why| format!("{}: {why}", path.display()))?;
        Ok::<_, String>(path.to_string_lossy().into_owned())
    };
    let flags = vec![
        "--tls-certificate".to_string(),
        write("certificate.pem", certificate.pem())?,
        "--tls-key".to_string(),
        write("key.pem", &certificate.key_pem())?,
    ];
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.pem().as_bytes());
    roots.add(root.map_err(|why| why.to_string())?).map_err(|why| why.to_string())?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| why.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok((flags, Arc::new(config)))
}
