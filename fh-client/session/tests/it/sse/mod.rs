//! Tests of the decoder of server-sent events.

mod chunking;
mod limits;
mod progress;
mod standard;
mod table;

use std::time::Duration;

use fh_session::internal::sse::{Decoder, Event, Limits, TooLarge};

/// The result of decoding a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Heard {
    events: Vec<Event>,
    retry: Option<Duration>,
    lines: u64,
    unfinished: usize,
    end: Result<(), TooLarge>,
}

fn hear<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, limits: Limits) -> Heard {
    let mut decoder = Decoder::new(limits);
    let mut events = Vec::new();
    let mut end = Ok(());
    for mut chunk in chunks {
        end = loop {
            match decoder.decode(&mut chunk) {
                Ok(Some(event)) => events.push(event),
                Ok(None) => break Ok(()),
                Err(too_large) => break Err(too_large),
            }
        };
    }
    Heard {
        events,
        retry: decoder.retry(),
        lines: decoder.lines(),
        unfinished: decoder.unfinished(),
        end,
    }
}

fn hear_whole(stream: &[u8]) -> Heard {
    hear([stream], Limits::default())
}
