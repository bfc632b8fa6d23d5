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

/// A port of 127.0.0.1 that is reserved until [`Port::close`], or as long as this value lives.
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
    /// Stays open until the thread has ended: the connection that wakes the thread must not reach another process's port.
    listener: Arc<TcpListener>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Port {
    /// Reserves a port, which refuses connections until [`Port::listen`]. The number 0 stands for any free port.
    ///
    /// # Errors
    /// If the port is not free.
    pub fn reserve(number: u16) -> io::Result<Self> {
        let socket = bound(SocketAddr::from((Ipv4Addr::LOCALHOST, number)))?;
        let address = socket
            .local_addr()?
            .as_socket()
            .ok_or_else(|| io::Error::other("the bound socket has no address"))?;
        Ok(Self { address, holder: Some(socket), acceptor: None })
    }

    /// Returns the address of the port.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts connections on a new thread and passes each to `accepted`, with the address of its client. Does nothing if the port listens
    /// already.
    ///
    /// # Errors
    /// If the port is no longer free, or no thread is available.
    pub fn listen(
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
            .name("test-server-accept".to_owned())
            .spawn(move || accept(&waiting, &seen, accepted))?;
        self.acceptor = Some(Acceptor { listener, stop, thread });
        Ok(())
    }

    /// Closes the listener. The port stays reserved.
    pub fn refuse(&mut self) {
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.end(self.address);
        }
    }

    /// Closes the listener and releases the port.
    pub fn close(&mut self) {
        self.refuse();
        self.holder = None;
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.refuse();
    }
}

impl Acceptor {
    /// Stops the thread. When this returns, the listener is closed.
    ///
    /// A child process that is just being started has copies of all sockets until it runs its program. So closing the listener would leave
    /// the copy listening: connections would still be accepted, and the port could not be bound again. A shutdown ends the copies, too.
    fn end(self, address: SocketAddr) {
        self.stop.store(true, Ordering::SeqCst);
        // It also wakes a blocked `accept`. Only Linux can shut down a listener; elsewhere `accept` returns when a connection arrives.
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

fn accept(listener: &TcpListener, stop: &AtomicBool, accepted: impl Fn(TcpStream, SocketAddr)) {
    loop {
        let connection = listener.accept();
        if stop.load(Ordering::SeqCst) {
            return;
        }
        match connection {
            Ok((socket, client)) => accepted(socket, client),
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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_listener_in_a_child_process_does_not_take_the_port() {
        let mut port = Port::reserve(0).unwrap();
        for _ in 0..3 {
            port.listen(|_, _| ()).unwrap();
            assert!(TcpStream::connect(port.address()).is_ok());
            // A descriptor that a child process has inherited refers to the same socket as this one.
            let copy = port.acceptor.as_ref().unwrap().listener.try_clone().unwrap();
            port.refuse();
            let refused = TcpStream::connect(port.address()).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
            port.listen(|_, _| ()).unwrap();
            assert!(TcpStream::connect(port.address()).is_ok());
            port.refuse();
            drop(copy);
        }
    }
}
