//! Memory of the stream decoder, counted at the allocator. The held memory is bounded. The total of all allocations is linear in the bytes
//! of the stream, which also limits the amount of copying.
#![allow(clippy::unwrap_used)]

use fh_session::internal::sse::{Decoder, Limits};
use fh_test::memory::{Counting, Memory, during};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LIMIT: usize = 32 * 1024;
/// Maximum size of names, ids and the smallest buffers in bytes.
const SMALL: usize = 256;

/// Decodes all chunks, and continues after an error. Events are dropped at once.
fn read<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Memory {
    let (_decoder, memory) = during(|| {
        let mut decoder = Decoder::new(Limits { event: LIMIT });
        for mut chunk in chunks {
            while let Ok(Some(_)) = decoder.decode(&mut chunk) {}
        }
        decoder
    });
    memory
}

/// Returns streams of four times the limit, and the number of bytes that the decoder may hold at their end.
fn hostile() -> Vec<(&'static str, Vec<u8>, usize)> {
    let endless = |part: &[u8]| part.repeat(4 * LIMIT / part.len());
    let within = |begin: &[u8], part: &[u8], end: &[u8]| {
        let middle = part.repeat((LIMIT - begin.len()) / part.len());
        [begin, &middle, end].concat().repeat(4)
    };
    vec![
        ("endless data", endless(b"data:xxxxxxxx"), SMALL),
        ("endless lines of data", endless(b"data:x\n"), SMALL),
        ("endless empty lines of data", endless(b"data\n"), SMALL),
        ("an endless comment", endless(b":"), SMALL),
        ("endless comments", endless(b":x\n"), SMALL),
        ("an endless name of a field", endless(b"x"), SMALL),
        ("endless digits", [b"retry:".as_slice(), &endless(b"0")].concat(), SMALL),
        ("endless names of events", endless(b"event:xxxxxxxx\n"), SMALL),
        ("endless ids", endless(b"id:xxxxxxxx\n"), SMALL),
        ("small events", endless(b"data:x\n\n"), SMALL),
        ("line ends", endless(b"\r\n"), SMALL),
        ("events as large as the limit", within(b"data:", b"x", b"\n\n"), SMALL),
        ("the same with replacements", within(b"data:\xFF", b"x", b"\n\n"), SMALL),
        ("nothing but replacements", within(b"data:", b"\xFF", b"\n\n"), SMALL),
        ("an event as large as the limit, unfinished", b"x".repeat(LIMIT), SMALL),
        (
            "data as large as the limit, unfinished",
            [b"data:".as_slice(), &b"x".repeat(LIMIT - 5)].concat(),
            LIMIT,
        ),
    ]
}

/// If buffers grew by a fixed amount, or started again with each chunk, the total would grow with the square of the bytes.
#[test]
fn bounded_and_linear() {
    for (what, stream, held) in hostile() {
        for size in [1, 7, 1024, stream.len()] {
            let memory = read(stream.chunks(size));
            assert!(memory.peak <= 2 * LIMIT + SMALL, "{what} in {size} s: {memory:?}");
            assert!(memory.held <= held, "{what} in {size} s: {memory:?}");
            assert!(memory.taken <= 4 * stream.len() + SMALL, "{what} in {size} s: {memory:?}");
        }
    }
}

/// An id is kept for the whole stream, and each of its events has it.
#[test]
fn a_large_id_is_not_copied_for_each_event() {
    let stream =
        [b"id:".as_slice(), &b"x".repeat(LIMIT / 2), &b"\ndata:x\n\n".repeat(10_000)].concat();
    let memory = read([stream.as_slice()]);
    assert!(memory.taken < 30 * stream.len(), "{memory:?}");
}
