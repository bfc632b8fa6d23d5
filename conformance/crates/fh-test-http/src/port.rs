//! The listening port, which can be closed and opened again.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

/// Maximum number of clients that wait to be accepted.
const BACKLOG: i32 = 1024;

/// A port of 127.0.0.1 that is reserved as long as this value lives.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    /// A socket that is bound but never listens, so that no other process gets the port while connections are refused. Some systems do not
    /// allow it together with a listener; there the port is only likely to stay free.
    holder: Option<Socket>,
    acceptor: Option<Acceptor>,
}

#[derive(Debug)]
struct Acceptor {
    listener: Arc<TcpListener>,
    has_stopped: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Port {
    /// Reserves a port. The number 0 stands for any free port.
    ///
    /// # Errors
    /// If the port is not free.
    pub fn reserve(number: u16) -> io::Result<Self> {
        let socket = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, number)))?;
        let address = socket.local_addr()?.as_socket();
        let address = address.ok_or_else(|| io::Error::other("the socket has no address"))?;
        Ok(Self { address, holder: Some(socket), acceptor: None })
    }

    /// Returns the address of the port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections on a new thread and passes them to `accepted`.
    ///
    /// # Errors
    /// If the port is no longer free, or no thread is available.
    pub fn listen(&mut self, accepted: impl Fn(TcpStream) + Send + 'static) -> io::Result<()> {
        if self.acceptor.is_some() {
            return Ok(());
        }
        let socket = match bound(self.address) {
            Ok(socket) => socket,
            Err(error) => self.holder.take().ok_or(error)?,
        };
        socket.listen(BACKLOG)?;
        let listener = Arc::new(TcpListener::from(socket));
        let has_stopped = Arc::new(AtomicBool::new(false));
        let (waiting, seen) = (Arc::clone(&listener), Arc::clone(&has_stopped));
        let thread = thread::Builder::new()
            .name("test-server-accept".to_owned())
            .spawn(move || accept(&waiting, &seen, accepted))?;
        self.acceptor = Some(Acceptor { listener, has_stopped, thread });
        Ok(())
    }

    /// Closes the listener. Connections are refused from then on.
    pub fn refuse(&mut self) {
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.end(self.address);
        }
    }
}

impl Acceptor {
    fn end(self, address: SocketAddr) {
        self.has_stopped.store(true, Ordering::SeqCst);
        // A shutdown also ends the copies that a child process may have, and wakes a blocked `accept` on Linux. Elsewhere `accept` returns
        // when a connection arrives.
        let is_shut = SockRef::from(&*self.listener).shutdown(Shutdown::Both).is_ok();
        while !is_shut && !self.thread.is_finished() {
            if TcpStream::connect_timeout(&address, Duration::from_millis(100)).is_err() {
                thread::yield_now();
            }
        }
        // A panic of the acceptor needs no handling.
        let _ = self.thread.join();
        drop(self.listener);
    }
}

fn accept(listener: &TcpListener, has_stopped: &AtomicBool, accepted: impl Fn(TcpStream)) {
    loop {
        let connection = listener.accept();
        if has_stopped.load(Ordering::SeqCst) {
            return;
        }
        match connection {
            Ok((socket, _)) => accepted(socket),
            // Most likely no file descriptor is free: another connection must end first.
            Err(_) => thread::park_timeout(Duration::from_millis(10)),
        }
    }
}

fn bound(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Without it, earlier connections could prevent the port from being bound again.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
