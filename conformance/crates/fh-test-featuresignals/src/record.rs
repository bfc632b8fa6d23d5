//! Everything that the server has seen.

use std::fmt;
use std::time::Instant;

/// A request, with its answer once it was answered.
#[derive(Clone, Debug)]
pub struct SeenRequest {
    /// The number of the connection, counted from 1 in the order of accepting.
    pub connection: usize,
    /// The time at which the request was complete.
    pub at: Instant,
    /// The method, as it was sent.
    pub method: String,
    /// The path and the query, as they were sent.
    pub target: String,
    /// The headers in their order.
    pub headers: Vec<(String, String)>,
    /// The body. Bytes that are no UTF-8 are replaced.
    pub body: String,
    /// The status of the answer. None if the server has not answered, or has reset the connection.
    pub status: Option<u16>,
    /// The time just before the answer was written.
    pub answered_at: Option<Instant>,
}

impl SeenRequest {
    /// Returns the first header of a name, in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Returns the path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }
}

/// The end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    /// The client closed the connection.
    Client,
    /// The server ended the connection.
    Server,
}

/// A stream that was opened.
#[derive(Clone, Debug)]
pub struct SeenStream {
    /// The index of its request in [`Record::requests`].
    pub request: usize,
    /// The time at which it was opened.
    pub opened_at: Instant,
    /// Number of events that were written, with `connected`.
    pub events: usize,
    /// The time and the cause of its end. None while it is open.
    pub ended: Option<(Instant, StreamEnd)>,
}

/// Everything that the server has seen so far.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// The times at which TCP connections were accepted.
    pub connections: Vec<Instant>,
    /// All requests, also those for streams.
    pub requests: Vec<SeenRequest>,
    /// All streams that were opened, in this order.
    pub streams: Vec<SeenStream>,
}

impl Record {
    /// Returns the requests whose path begins with the given text, such as `/v1/client/`.
    #[must_use]
    pub fn requests_to(&self, path: &str) -> Vec<&SeenRequest> {
        self.requests.iter().filter(|request| request.target.starts_with(path)).collect()
    }

    /// Returns the number of requests that were answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.requests.iter().filter(|request| request.answered_at.is_some()).count()
    }

    /// Returns the number of streams that are open now.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.streams.iter().filter(|stream| stream.ended.is_none()).count()
    }

    /// Returns the number of events that were written to all streams, with `connected`.
    #[must_use]
    pub fn events(&self) -> usize {
        self.streams.iter().map(|stream| stream.events).sum()
    }
}

impl fmt::Display for Record {
    /// Writes the number of things that the server has seen.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "{} connections, {} requests, {} answered, {} streams opened, {} open, {} events",
            self.connections.len(),
            self.requests.len(),
            self.answered(),
            self.streams.len(),
            self.open_streams(),
            self.events()
        )
    }
}
