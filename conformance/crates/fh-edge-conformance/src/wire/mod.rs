//! HTTP/1.1 and server-sent events on a plain socket, so that every byte that is sent was meant and every
//! byte that arrives can be looked at. Shares no code with server or client.

mod base;
mod body;
mod connection;
mod head;
mod request;
mod stream;

pub use base::{Base, NotABase};
pub use connection::Connection;
pub use head::{Head, Headers, Response};
pub use request::{Request, component};
pub use stream::{Event, EventStream};

use std::fmt;

/// What can go wrong between a request and its answer.
#[derive(Debug)]
pub enum WireError {
    /// The system refused: no connection, reset, and the like.
    Io(std::io::Error),
    /// Nothing came for as long as the connection's patience.
    TimedOut,
    /// The other side closed where more had to follow.
    Closed,
    /// What came is not HTTP or no event stream.
    Malformed(String),
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::TimedOut => f.write_str("nothing came in time"),
            Self::Closed => f.write_str("the connection was closed in the middle"),
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
