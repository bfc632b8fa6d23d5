//! Event streams in chunks: what is read does not depend on the chunks, and memory not on the stream.
#![no_main]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use fh_session::sse::{Decoder, Event, Limits, TooLarge};
use libfuzzer_sys::fuzz_target;

/// Small, so that small inputs reach it.
const LIMIT: usize = 64;
/// The largest that a limit makes: name, data and id while one of them grows or is replaced, and the smallest buffers.
const MEMORY: usize = 6 * LIMIT + 256;

/// Knows how much is held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn take(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed).wrapping_add(bytes);
    PEAK.fetch_max(held, Relaxed);
}

// SAFETY: every call goes to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        take(size);
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.realloc(at, layout, size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Chunks of such lengths, over and over.
fn chunks<'a>(mut rest: &'a [u8], lengths: impl Iterator<Item = usize>) -> Vec<&'a [u8]> {
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

/// Hands every event on.
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

fuzz_target!(|stream: &[u8]| {
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
        let before = HELD.load(Relaxed);
        PEAK.store(before, Relaxed);
        let (decoder, end) = read(chunks, Limits { event: LIMIT }, |event| {
            assert!(event.name.len() <= LIMIT && event.data.len() <= LIMIT);
        });
        assert!(end.is_ok() || HELD.load(Relaxed) == before, "nothing is held after an error");
        drop(decoder);
        assert!(PEAK.load(Relaxed) <= before + MEMORY, "{}", PEAK.load(Relaxed) - before);
        assert_eq!(HELD.load(Relaxed), before);
    }
});
