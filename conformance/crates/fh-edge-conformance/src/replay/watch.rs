//! A stream while other requests are made.

use std::time::Duration;

use crate::wire::{Event, EventStream, Headers, WireError};

/// What a stream has told so far.
pub(super) struct Watch {
    stream: EventStream,
    events: Vec<Event>,
    ended: bool,
}

/// What it had told in the end.
pub(super) struct Watched {
    pub(super) headers: Headers,
    pub(super) events: Vec<Event>,
    /// Properly, by the server.
    pub(super) ended: bool,
}

impl Watch {
    pub(super) fn new(stream: EventStream) -> Self {
        Self { stream, events: Vec::new(), ended: false }
    }

    /// Reads until there are so many events; that fewer come is no error but shows later.
    pub(super) fn until(&mut self, count: usize) -> Result<(), WireError> {
        while !self.ended && self.events.len() < count {
            let next = self.stream.told();
            if !self.take(next)? {
                break;
            }
        }
        Ok(())
    }

    /// Reads the rest of a stream that must end, or watches for `quiet` one that has nothing more to tell.
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

    /// False if nothing came.
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
