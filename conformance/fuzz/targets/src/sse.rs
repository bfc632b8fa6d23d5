//! Event streams in chunks: the events do not depend on the chunks, and the memory does not grow with the stream.

use fh_session::internal::sse::{Decoder, Event, Limits, TooLarge};
use fh_test::memory::thread::{begin, held, peak};

/// The limit for an event in bytes. It is small, so that small inputs reach it.
const LIMIT: usize = 64;
/// The most memory with this limit, in bytes: name, data and id while one of them grows or is replaced, and the smallest
/// buffers.
const MEMORY: isize = 6 * LIMIT.cast_signed() + 256;

/// Divides a stream into chunks of these lengths.
fn chunks(mut rest: &[u8], lengths: impl Iterator<Item = usize>) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    for length in lengths {
        if rest.is_empty() {
            break;
        }
        let (chunk, later) = rest.split_at(length.min(rest.len()));
        chunks.push(chunk);
        rest = later;
    }
    chunks
}

/// Decodes the chunks and passes every event to `hear`.
fn read(
    chunks: &[&[u8]],
    limits: Limits,
    mut hear: impl FnMut(Event),
) -> (Decoder, Result<(), TooLarge>) {
    let mut decoder = Decoder::new(limits);
    let mut end = Ok(());
    for mut chunk in chunks.iter().copied() {
        end = loop {
            let outcome = decoder.decode(&mut chunk);
            assert!(end.is_ok() || outcome.is_err(), "an error stays");
            assert!(decoder.unfinished() <= limits.event);
            match outcome {
                Ok(Some(event)) => hear(event),
                Ok(None) => break Ok(()),
                Err(too_large) => break Err(too_large),
            }
        };
    }
    (decoder, end)
}

pub fn run(stream: &[u8]) {
    let own = chunks(stream, stream.iter().cycle().map(|byte| usize::from(byte % 16) + 1));
    let bytes = chunks(stream, std::iter::repeat(1));
    for limits in [Limits::default(), Limits { event: LIMIT }] {
        let heard = |chunks: &[&[u8]]| {
            let mut events = Vec::new();
            let (decoder, end) = read(chunks, limits, |event| events.push(event));
            (events, end, decoder.lines(), decoder.retry(), decoder.unfinished())
        };
        let whole = heard(&[stream]);
        assert_eq!(heard(&own), whole);
        assert_eq!(heard(&bytes), whole);
    }
    for chunks in [&[stream][..], &own, &bytes] {
        let before = begin();
        let (decoder, end) = read(chunks, Limits { event: LIMIT }, |event| {
            assert!(event.name.len() <= LIMIT && event.data.len() <= LIMIT);
        });
        assert!(end.is_ok() || held() == before, "nothing is held after an error");
        drop(decoder);
        assert!(peak() <= before + MEMORY, "{}", peak() - before);
        assert_eq!(held(), before);
    }
}
