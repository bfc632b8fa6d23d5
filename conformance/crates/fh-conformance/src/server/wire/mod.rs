//! An HTTP/1.1 and server-sent events client on a plain socket. It sends exactly the bytes it is given, and makes every received byte
//! available. It shares no code with the server or the client of this project.

mod base;
mod body;
mod connection;
mod head;
mod journal;
mod request;
mod stream;

pub use base::{Base, NotABase};
pub use connection::Connection;
pub use head::{Head, Headers, Response};
pub use journal::Journal;
pub use request::{Request, component};
pub use stream::{Event, EventStream};

use std::fmt;

/// An error between a request and its answer.
#[derive(Debug)]
pub enum WireError {
    /// An error of the operating system, such as a refused or reset connection.
    Io(std::io::Error),
    /// Nothing arrived within the time limit of the connection.
    TimedOut,
    /// The peer closed the connection before the end of the answer.
    Closed,
    /// The received data is neither HTTP nor an event stream.
    Malformed(String),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::TimedOut => f.write_str("no data arrived in time"),
            Self::Closed => f.write_str("the connection was closed before the end of the answer"),
            Self::Malformed(what) => write!(f, "not HTTP: {what}"),
        }
    }
}

impl std::error::Error for WireError {}

impl From<std::io::Error> for WireError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => Self::TimedOut,
            std::io::ErrorKind::UnexpectedEof => Self::Closed,
            _ => Self::Io(error),
        }
    }
}
