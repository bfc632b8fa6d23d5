//! A TLS server in front of an Edge.
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::server::Port;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The time for which one direction waits for bytes before the other direction gets its turn.
const TURN: Duration = Duration::from_millis(2);

/// A TLS server that forwards all bytes to another address, such as that of an Edge, and all answers back.
///
/// Dropping it ends the listener. Open connections end with the Edge's.
#[derive(Debug)]
pub struct TlsFront {
    port: Port,
}

impl TlsFront {
    /// Starts the server on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// If no port or no thread is available.
    pub fn start(to: SocketAddr, config: ServerConfig) -> io::Result<Self> {
        let config = Arc::new(config);
        let mut port = Port::reserve(0)?;
        port.listen(move |socket, _| {
            let config = Arc::clone(&config);
            // Without a thread the connection ends, which is what a client of a full server sees.
            let _ = thread::Builder::new()
                .name("tls-front-connection".to_owned())
                .spawn(move || forward(socket, config, to));
        })?;
        Ok(Self { port })
    }

    /// Returns the address of the server.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Returns the URL of the server for the host name `localhost`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address().port())
    }
}

/// Forwards bytes in both directions, in turns, until either end closes.
fn forward(socket: TcpStream, config: Arc<ServerConfig>, to: SocketAddr) {
    let Ok(connection) = ServerConnection::new(config) else { return };
    let Ok(mut back) = TcpStream::connect(to) else { return };
    let mut front = StreamOwned::new(connection, socket);
    // The handshake must not be cut into turns.
    if front.conn.complete_io(&mut front.sock).is_err() {
        return;
    }
    let turns = front.sock.set_read_timeout(Some(TURN)).and(back.set_read_timeout(Some(TURN)));
    if turns.is_err() {
        return;
    }
    loop {
        if !pass(&mut front, &mut back) {
            let _ = back.shutdown(Shutdown::Both);
            return;
        }
        if !pass(&mut back, &mut front) {
            front.conn.send_close_notify();
            let _ = front.flush();
            return;
        }
    }
}

/// Forwards the bytes that are there. Returns false if the source has ended or the target takes nothing.
fn pass(from: &mut impl Read, to: &mut impl Write) -> bool {
    let mut piece = [0; 16 * 1024];
    match from.read(&mut piece) {
        Ok(0) => false,
        Ok(read) => {
            let piece = piece.get(..read).unwrap_or_default();
            to.write_all(piece).and_then(|()| to.flush()).is_ok()
        }
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}
