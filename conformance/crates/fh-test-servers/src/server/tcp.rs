//! The two ways in which the server ends a TCP connection.

use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

/// A client that is closing its end has this time, so that unread bytes do not turn the end into a reset.
const LINGER: Duration = Duration::from_secs(2);

/// The way in which a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// All bytes are sent, then the end of the stream.
    Close,
    /// The client gets a reset once all handles of the socket are dropped.
    Reset,
}

/// Ends a connection. It also wakes the thread that reads it: at once for a reset, else when the client closes its end. A connection that
/// is to be reset stays so.
pub(crate) fn end(socket: &TcpStream, ending: Ending) {
    if is_reset(socket) {
        return;
    }
    // Errors mean that the client ended the connection first.
    match ending {
        Ending::Close => {
            let _ = socket.shutdown(Shutdown::Write);
        }
        Ending::Reset => {
            let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
            let _ = socket.shutdown(Shutdown::Read);
        }
    }
}

/// Returns true if the connection is reset once all handles are dropped.
fn is_reset(socket: &TcpStream) -> bool {
    SockRef::from(socket).linger().is_ok_and(|linger| linger == Some(Duration::ZERO))
}

/// Reads and drops bytes until the client closes its end, for at most two seconds.
pub(crate) fn drain(mut socket: &TcpStream) {
    if is_reset(socket) || socket.set_read_timeout(Some(LINGER)).is_err() {
        return;
    }
    let mut buffer = [0; 4096];
    while socket.read(&mut buffer).is_ok_and(|count| count > 0) {}
}
