//! Sockets that connections come in by.

use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::Tls;

/// Connections that the system keeps until they are accepted: after a restart all clients come at once. Linux takes no
/// more than `net.core.somaxconn`, 4096 unless set otherwise.
const BACKLOG: u32 = 4096;

/// A socket that connections come in by, and whether TLS is spoken there.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    tls: Option<Tls>,
}

impl Listener {
    /// Takes connections at `address`, HTTP/1.1 without TLS. Port 0 takes a free one.
    ///
    /// # Errors
    /// The address is taken, is not one of this machine's, or needs rights that the process does not have.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // Elsewhere it would let another process take the same port.
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Self::from(socket.listen(BACKLOG)?))
    }

    /// TLS at this socket, with HTTP/2 and HTTP/1.1.
    #[must_use]
    pub fn with_tls(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Moves the socket to the runtime that this is called in, whose threads then notice connections. Without it they are noticed
    /// only while the runtime in which the socket was made has a thread to spare.
    ///
    /// # Errors
    /// The system does not allow it.
    pub fn move_to_this_runtime(self) -> io::Result<Self> {
        let socket = TcpListener::from_std(self.socket.into_std()?)?;
        Ok(Self { socket, tls: self.tls })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// The system does not say.
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

/// HTTP/1.1 without TLS.
impl From<TcpListener> for Listener {
    fn from(socket: TcpListener) -> Self {
        Self { socket, tls: None }
    }
}
