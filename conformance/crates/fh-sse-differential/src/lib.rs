//! Compares the stream decoder of `fh-session` with an independent one, the parser of the `eventsource-client` crate, on the same bytes in
//! the same chunks (D-84).
//!
//! The crate's parser is private, so its whole client reads from a transport that replays chunks, without sockets, clock or runtime.
//! [`DEVIATIONS`] lists where the client differs from the standard.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod agreement;
mod deviation;
mod ours;
mod theirs;

pub use agreement::{agreed_part, compare};
pub use deviation::{DEVIATIONS, Deviation};
pub use ours::ours;
pub use theirs::theirs;

/// An event as one of the decoders reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The event's name; `message` if it has none.
    pub name: String,
    /// The lines of data, joined by line feeds.
    pub data: String,
    /// The last id of the stream.
    pub id: Option<String>,
    /// The `retry` in milliseconds. For our decoder it is the last of the stream, for the other client that of this event.
    pub retry: Option<u64>,
}

/// The way in which reading a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// At the end of the body.
    Body,
    /// At a line that is not UTF-8.
    InvalidLine,
    /// At the end of an event without content.
    InvalidEvent,
}
