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
    /// Bound and never listening, so that nobody else gets the port while connections are refused.
    /// Not every system allows it beside a listener; there the port is only likely to stay free.
    holder: Option<Socket>,
    acceptor: Option<Acceptor>,
}

struct Acceptor {
    /// Open until the thread has ended: what wakes it must not reach somebody else's port.
    listener: Arc<TcpListener>,
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
        Ok(Self { address, holder: Some(socket), acceptor: None })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections and gives them to `accepted`, on a thread of its own.
    pub(crate) fn listen(
        &mut self,
        accepted: impl Fn(TcpStream, SocketAddr) + Send + 'static,
    ) -> io::Result<()> {
        if self.acceptor.is_some() {
            return Ok(());
        }
        let socket = match bound(self.address) {
            Ok(socket) => socket,
            Err(error) => self.holder.take().ok_or(error)?,
        };
        socket.listen(BACKLOG)?;
        let listener = Arc::new(TcpListener::from(socket));
        let stop = Arc::new(AtomicBool::new(false));
        let (waiting, seen) = (Arc::clone(&listener), Arc::clone(&stop));
        let thread = thread::Builder::new()
            .name("fake-edge-accept".to_owned())
            .spawn(move || accept(&waiting, &seen, accepted))?;
        self.acceptor = Some(Acceptor { listener, stop, thread });
        Ok(())
    }

    /// Closes the listener. The port is kept.
    pub(crate) fn refuse(&mut self) {
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.end(self.address);
        }
    }

    /// Closes the listener and gives the port up.
    pub(crate) fn close(&mut self) {
        self.refuse();
        self.holder = None;
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
        drop(self.listener);
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
