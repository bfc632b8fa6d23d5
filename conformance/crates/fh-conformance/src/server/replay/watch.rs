//! A stream that is read while other requests are made.

use std::time::Duration;

use crate::server::wire::{Event, EventStream, Headers, WireError};

/// An open stream and its events so far.
pub(super) struct Watch {
    stream: EventStream,
    events: Vec<Event>,
    ended: bool,
}

/// The events of a stream after the last read.
pub(super) struct Watched {
    pub(super) headers: Headers,
    pub(super) events: Vec<Event>,
    /// True if the server ended the stream properly.
    pub(super) ended: bool,
}

impl Watch {
    pub(super) fn new(stream: EventStream) -> Self {
        Self { stream, events: Vec::new(), ended: false }
    }

    /// Reads until there are `count` events. Fewer events are no error here; the comparison finds them missing.
    pub(super) fn until(&mut self, count: usize) -> Result<(), WireError> {
        while !self.ended && self.events.len() < count {
            let next = self.stream.told();
            if !self.take(next)? {
                break;
            }
        }
        Ok(())
    }

    /// Reads the rest of a stream that must end. A stream that need not end is watched for `quiet` after each event.
    pub(super) fn finish(mut self, must_end: bool, quiet: Duration) -> Result<Watched, WireError> {
        while !self.ended {
            let next = if must_end { self.stream.told() } else { self.stream.within(quiet) };
            if !self.take(next)? {
                break;
            }
        }
        let Self { stream, events, ended } = self;
        Ok(Watched { headers: stream.head.headers, events, ended })
    }

    /// Stores what was read. Returns false if the read timed out.
    fn take(&mut self, next: Result<Option<Event>, WireError>) -> Result<bool, WireError> {
        match next {
            Ok(Some(event)) => self.events.push(event),
            Ok(None) => self.ended = true,
            Err(WireError::TimedOut) => return Ok(false),
            Err(error) => return Err(error),
        }
        Ok(true)
    }
}
