//! A connection with one request, and everything that is on its way to the client.

use std::collections::VecDeque;
use std::fmt;

use fh_session::{End, RequestId};

use super::server::Message;

/// The purpose of a request, as its URL shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A socket with this token.
    Socket(String),
    /// A poll for what is newer than this time.
    Poll(Option<i64>),
    Clock,
}

/// An event on its way to the client.
#[derive(Clone)]
pub enum Outgoing {
    ResponseHead(u16, Option<u64>),
    Message(Message),
    /// The first bytes of a message.
    Part(usize),
    /// A piece of a body.
    Piece(Vec<u8>),
    End(End<'static>),
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ResponseHead(status, wait) => write!(f, "status {status}, Retry-After {wait:?}"),
            Self::Message(message) => f.write_str(&message.text),
            Self::Part(bytes) => write!(f, "{bytes} bytes"),
            Self::Piece(bytes) => f.write_str(&String::from_utf8_lossy(bytes)),
            Self::End(end) => end.fmt(f),
        }
    }
}

pub struct Connection {
    pub request_id: RequestId,
    pub kind: Kind,
    pub outbox: VecDeque<Outgoing>,
    /// The messages of the client that are on their way.
    pub inbox: VecDeque<String>,
    /// The time until which the server prepares an answer, and the answers that it prepares.
    pub busy_until: u64,
    pub answers: VecDeque<Message>,
    pub is_flowing: bool,
    /// True if no more input comes from this connection.
    pub is_over: bool,
    /// True if the server pushes changes.
    pub gets_pushes: bool,
    /// True if the answer to the request for flags is on its way or has arrived.
    pub has_answer: bool,
    /// True if nothing passes any more.
    pub is_silent: bool,
    /// Number of the server's changes that a poll's body shows, and whether the body is full.
    pub shows: Option<(u64, bool)>,
}

impl Connection {
    pub const fn new(request_id: RequestId, kind: Kind) -> Self {
        Self {
            request_id,
            kind,
            outbox: VecDeque::new(),
            inbox: VecDeque::new(),
            busy_until: 0,
            answers: VecDeque::new(),
            is_flowing: false,
            is_over: false,
            gets_pushes: false,
            has_answer: false,
            is_silent: false,
            shows: None,
        }
    }

    /// Returns true if a socket brings all changes, and all that was sent has arrived.
    pub fn is_settled(&self) -> bool {
        let is_whole = self.gets_pushes && self.has_answer && !self.is_silent;
        is_whole && !self.is_over && self.outbox.is_empty()
    }
}
