//! The stream decoder of `fh-session` beside an independent one, the parser of the `eventsource-client` crate, on the
//! same bytes in the same chunks (D-84).
//!
//! The crate's parser is private, so its whole client reads from a transport that replays chunks: no sockets, no
//! clock, no runtime. Where the client leaves the standard, [`DEVIATIONS`] says so.
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

/// An event as either side reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// `message` if it has none.
    pub name: String,
    /// Lines joined by line feeds.
    pub data: String,
    /// The last id of the stream.
    pub id: Option<String>,
    /// Milliseconds. Ours: the last of the stream. Theirs: of this event.
    pub retry: Option<u64>,
}

/// How the reading of a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With the last byte.
    Body,
    /// At a line that is not UTF-8.
    InvalidLine,
    /// At the end of an event that says nothing.
    InvalidEvent,
}
