//! The listening port: really open, or really closed.
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// More clients than this may wait to be accepted.
const BACKLOG: i32 = 1024;

/// A port of 127.0.0.1 that is kept as long as this lives.
pub(crate) struct Port {
    address: SocketAddr,
    state: State,
}

enum State {
    Listening(Acceptor),
    /// Bound but not listening: connections are refused, and nobody else can take the port.
    Refusing(Socket),
    Closed,
}

struct Acceptor {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Port {
    /// A free port, which refuses connections until [`Port::listen`].
    pub(crate) fn reserve() -> io::Result<Self> {
        let socket = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let address = socket
            .local_addr()?
            .as_socket()
            .ok_or_else(|| io::Error::other("the bound socket has no address"))?;
        Ok(Self { address, state: State::Refusing(socket) })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections and gives them to `accepted`, on a thread of its own.
    pub(crate) fn listen(
        &mut self,
        accepted: impl Fn(TcpStream, SocketAddr) + Send + 'static,
    ) -> io::Result<()> {
        let socket = match std::mem::replace(&mut self.state, State::Closed) {
            State::Listening(acceptor) => {
                self.state = State::Listening(acceptor);
                return Ok(());
            }
            State::Refusing(socket) => socket,
            State::Closed => bound(self.address)?,
        };
        socket.listen(BACKLOG)?;
        let listener = TcpListener::from(socket);
        let stop = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("fake-edge-accept".to_owned())
            .spawn(move || accept(&listener, &seen, accepted))?;
        self.state = State::Listening(Acceptor { stop, thread });
        Ok(())
    }

    /// Closes the listener and keeps the port.
    pub(crate) fn refuse(&mut self) -> io::Result<()> {
        if let State::Listening(acceptor) = std::mem::replace(&mut self.state, State::Closed) {
            acceptor.end(self.address);
        }
        if matches!(self.state, State::Closed) {
            self.state = State::Refusing(bound(self.address)?);
        }
        Ok(())
    }

    /// Closes the listener and gives the port up.
    pub(crate) fn close(&mut self) {
        if let State::Listening(acceptor) = std::mem::replace(&mut self.state, State::Closed) {
            acceptor.end(self.address);
        }
    }
}

impl Acceptor {
    /// Returns when the listener is closed.
    fn end(self, address: SocketAddr) {
        self.stop.store(true, Ordering::SeqCst);
        // A blocked accept returns only for a connection.
        while !self.thread.is_finished() {
            if TcpStream::connect_timeout(&address, Duration::from_millis(100)).is_err() {
                thread::yield_now();
            }
        }
        // A panic of the acceptor has nothing left to tell.
        let _ = self.thread.join();
    }
}

fn accept(listener: &TcpListener, stop: &AtomicBool, accepted: impl Fn(TcpStream, SocketAddr)) {
    loop {
        let connection = listener.accept();
        if stop.load(Ordering::SeqCst) {
            return;
        }
        match connection {
            Ok((socket, client)) => accepted(socket, client),
            // No descriptor is free: some connection has to end first.
            Err(_) => thread::park_timeout(Duration::from_millis(10)),
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Connections of the past must not keep the port from being bound again.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
