//! A proxy between an SDK and a server, which forwards bytes and can stop doing so.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

/// A proxy on a free port of 127.0.0.1. It accepts nothing more once it is dropped.
pub(super) struct Relay {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// An odd number while the proxy forwards nothing. A connection forwards only under the number that it has begun with, so that the
    /// connections of a stall stay open and silent for good, as after a firewall has lost its state.
    generation: AtomicU32,
    accepted: Mutex<Vec<Instant>>,
    is_over: AtomicBool,
}

impl Relay {
    pub(super) fn start(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let accepting = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if accepting.is_over.load(Ordering::SeqCst) {
                    return;
                }
                accepting.times().push(Instant::now());
                // An SDK whose connection cannot be forwarded sees that it ends.
                let _ = accepting.connect(client, server);
            }
        });
        Ok(Self { address, shared })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops forwarding. New connections are accepted nevertheless.
    pub(super) fn stall(&self) {
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Forwards the bytes of new connections.
    pub(super) fn go_on(&self) {
        self.shared.generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Returns the times at which connections were opened.
    pub(super) fn accepted(&self) -> Vec<Instant> {
        self.shared.times().clone()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // A blocked `accept` returns only when a connection arrives.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn times(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connect(self: &Arc<Self>, client: TcpStream, server: SocketAddr) -> io::Result<()> {
        let begun = self.generation.load(Ordering::SeqCst);
        let server = TcpStream::connect(server)?;
        for (from, to) in [(client.try_clone()?, server.try_clone()?), (server, client)] {
            let shared = Arc::clone(self);
            thread::spawn(move || shared.forward(from, to, begun));
        }
        Ok(())
    }

    /// Forwards the bytes of one direction, and drops them as soon as the proxy has stalled.
    fn forward(&self, mut from: TcpStream, mut to: TcpStream, begun: u32) {
        let is_silent = || begun % 2 == 1 || self.generation.load(Ordering::SeqCst) != begun;
        let mut piece = [0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut piece) {
            let bytes = piece.get(..count).unwrap_or_default();
            if !is_silent() && to.write_all(bytes).is_err() {
                break;
            }
        }
        // The other side of a stalled connection does not learn that this one has ended it.
        if !is_silent() {
            let _ = to.shutdown(Shutdown::Both);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A server that answers each byte with the same byte.
    fn echo() -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut socket in listener.incoming().flatten() {
                thread::spawn(move || io::copy(&mut socket.try_clone().unwrap(), &mut socket));
            }
        });
        address
    }

    fn is_answered(mut socket: &TcpStream) -> bool {
        socket.write_all(b"x").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        matches!(socket.read(&mut [0; 8]), Ok(1))
    }

    #[test]
    fn connections_of_a_stall_are_silent_for_good_and_later_ones_are_forwarded() {
        let relay = Relay::start(echo()).unwrap();
        let connect = || TcpStream::connect(relay.address()).unwrap();
        let before = connect();
        assert!(is_answered(&before));
        relay.stall();
        let during = connect();
        assert!(!is_answered(&before) && !is_answered(&during));
        relay.go_on();
        assert!(is_answered(&connect()));
        assert!(!is_answered(&before) && !is_answered(&during));
        assert_eq!(relay.accepted().len(), 3);
    }
}
