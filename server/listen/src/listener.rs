//! Listening sockets, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::Tls;

/// The largest number of connections that wait in the operating system's queue until they are accepted. The number is large, because all
/// clients reconnect at once after a restart. Linux limits the number to `net.core.somaxconn`, which is 4096 by default.
const BACKLOG: u32 = 4096;

/// A listening socket, with or without TLS.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    tls: Option<Tls>,
}

impl Listener {
    /// Listens at `address` for HTTP/1.1 without TLS. With port 0, the operating system chooses a free port.
    ///
    /// # Errors
    /// Fails if the operating system does not allow it, for example because the address is in use, does not belong to this machine, or
    /// requires rights that the process does not have.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime with I/O.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // On systems other than Unix, the option `SO_REUSEADDR` would let another process bind the same port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self::from(socket.listen(BACKLOG)?))
    }

    /// Enables TLS on this socket. A connection then uses HTTP/2 if its client and the TLS settings support it, and HTTP/1.1 otherwise.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Moves the socket to the current runtime, whose threads then accept connections. Without this call, connections are noticed only
    /// while the runtime that created the socket has a free thread.
    ///
    /// # Errors
    /// Fails if the operating system does not allow the move.
    ///
    /// # Panics
    /// Panics outside a Tokio runtime with I/O.
    pub fn move_to_this_runtime(self) -> io::Result<Self> {
        let socket = TcpListener::from_std(self.socket.into_std()?)?;
        Ok(Self { socket, tls: self.tls })
    }

    /// Returns the address at which the socket listens.
    ///
    /// # Errors
    /// Fails if the operating system does not report the address.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    pub(super) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    pub(super) fn poll_accept(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.socket.poll_accept(context)
    }
}

/// Creates a listener for HTTP/1.1 without TLS.
impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self { socket, tls: None }
    }
}
