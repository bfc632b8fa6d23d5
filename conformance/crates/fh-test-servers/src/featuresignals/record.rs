//! Everything that the server has seen.

use std::time::Instant;

use crate::server::{Counts, SeenRequest};
use serde::Serialize;

/// The end of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StreamEnd {
    /// The client closed the connection.
    Client,
    /// The server ended the connection.
    Server,
}

/// A stream that was opened.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SeenStream {
    /// The index of its request in [`Record::requests`].
    pub request: usize,
    /// The time at which it was opened.
    #[serde(skip)]
    pub opened_at: Instant,
    /// Number of events that were written, with `connected`.
    pub events: usize,
    /// The cause of its end. None while it is open.
    pub ended: Option<StreamEnd>,
}

/// Everything that the server has seen so far.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Record {
    /// Number of TCP connections that were accepted.
    pub connections: usize,
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

impl Counts for Record {
    fn counts(&self) -> Vec<(&'static str, usize)> {
        vec![
            ("connections", self.connections),
            ("requests", self.requests.len()),
            ("answered", self.answered()),
            ("streams", self.streams.len()),
            ("openStreams", self.open_streams()),
            ("events", self.events()),
        ]
    }
}
