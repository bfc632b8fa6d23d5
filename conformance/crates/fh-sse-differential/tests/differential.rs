//! Tests that compare both decoders on the same bytes.
#![allow(clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;

use fh_generators::Choices;
use fh_sse_differential::{DEVIATIONS, End, Event, agreed_part, compare, ours, theirs};

/// Streams of at most this length are checked with every possible chunking.
const SHORT: usize = 10;

/// After this line the other client takes no event as one without content, and reads to the end.
const WITH_ID: &str = "id:0\n";

fn check(chunks: &[&[u8]]) {
    if let Err(difference) = compare(chunks) {
        panic!("{difference}");
    }
}

/// Checks a stream as a whole, in single bytes, and in two chunks. Short streams are checked with every chunking.
fn check_in_many_chunkings(stream: &[u8]) {
    if stream.len() <= SHORT {
        for cuts in 0..1_u32 << stream.len().saturating_sub(1) {
            check(&cut(stream, |at| cuts & (1 << (at - 1)) != 0));
        }
        return;
    }
    check(&stream.chunks(1).collect::<Vec<_>>());
    for at in 0..stream.len() {
        let (first, second) = stream.split_at(at);
        check(&[first, second]);
    }
}

fn cut(stream: &[u8], is_cut: impl Fn(usize) -> bool) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    let mut begin = 0;
    for at in 1..=stream.len() {
        if at == stream.len() || is_cut(at) {
            chunks.push(&stream[begin..at]);
            begin = at;
        }
    }
    chunks
}

#[test]
fn each_deviation_is_as_listed() {
    fn seen(events: &[Event]) -> (Vec<(&str, &str)>, Option<u64>) {
        let rows = events.iter().map(|event| (event.name.as_str(), event.data.as_str())).collect();
        (rows, events.iter().filter_map(|event| event.retry).next_back())
    }
    for deviation in DEVIATIONS {
        for size in 1..=deviation.stream.len() {
            let chunks = || deviation.stream.chunks(size);
            let ours = ours(chunks()).unwrap();
            let (theirs, end) = theirs(chunks()).unwrap();
            let what = deviation.theirs;
            assert_eq!(seen(&ours), (deviation.our_events.to_vec(), deviation.our_retry), "{what}");
            let expected = (deviation.their_events.to_vec(), deviation.their_retry);
            assert_eq!(seen(&theirs), expected, "{what}");
            assert_eq!(end, deviation.their_end, "{what}");
            assert_ne!((seen(&ours), End::Body), (seen(&theirs), end), "{what}: no deviation");
        }
    }
}

/// Checks all combinations of up to four tokens of the format.
#[test]
fn all_small_streams() {
    const TOKENS: [&str; 12] =
        ["data", "event", "id", "retry", "comment", ":", ": ", "5", "\r", "\n", "\u{FEFF}", "\0"];
    let mut streams = vec![String::new()];
    let mut compared = 0;
    for _ in 0..4 {
        streams = streams
            .iter()
            .flat_map(|stream| TOKENS.map(|token| format!("{stream}{token}")))
            .collect();
        for stream in &streams {
            for begin in ["", WITH_ID] {
                let stream = format!("{begin}{stream}\n\ndata:x\n\n");
                check(&[stream.as_bytes()]);
                check(&stream.as_bytes().chunks(1).collect::<Vec<_>>());
                compared += usize::from(agreed_part(stream.as_bytes()).1 == End::Body);
            }
        }
    }
    // Most streams are compared to their end.
    assert!(compared > 29_000, "{compared}");
}

#[test]
fn line_ends_and_marks_in_every_chunking() {
    for stream in [
        &b"data\r\n\r\n"[..],
        b"data\r\r\n\n",
        b"data:\r\n\r\r",
        b"id\r\ndata\n\n",
        b"\r\n\r\ndata\r\r",
        b"\n\rdata\r\n\n",
        b"\xEF\xBB\xBFdata\n\n",
        b"\xEF\xBB\xBF\r\ndata\r\r",
        b"data:\xE2\x9D\xA4\n\n",
        b"data:\xE2\x9D\n\n\n",
        b"data: \ndata\n\n",
    ] {
        check_in_many_chunkings(stream);
    }
}

/// Checks streams as servers send them: the seeds of the fuzzer.
#[test]
fn seeds_of_the_fuzzer() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds/sse");
    let mut events = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let stream = fs::read(entry.unwrap().path()).unwrap();
        events += ours([stream.as_slice()]).unwrap().len();
        check_in_many_chunkings(&stream);
    }
    assert!(events > 20, "{events}");
}

/// Checks long streams of random tokens in chunks of random sizes.
#[test]
fn drawn_streams() {
    const TOKENS: [&[u8]; 30] = [
        b"data:1\n",
        b"data: 2\r\n",
        b"event:a\r",
        b"id:1\n",
        b":c\n",
        b"\n\n",
        b"\n",
        b"\r\n\r\n",
        b"\r\r",
        b"\r",
        b"\n",
        b"\r\n",
        b"data",
        b"data:",
        b"data: ",
        b"event: ",
        b"event",
        b"id: ",
        b"id",
        b"retry: ",
        b"comment: ",
        b":",
        b": ",
        b"\xEF\xBB\xBF",
        b"\0",
        b"1000",
        b"{\"a\":1}",
        "\u{2764}\u{FE0F}".as_bytes(),
        b"features",
        b"\xE2\x9D",
    ];
    let mut choices = Choices::seeded(0x5EED_0055);
    let mut agreed = 0;
    for _ in 0..3000 {
        // Invalid bytes end the comparison, so most streams have none.
        let tokens = if choices.chance(1, 4) { &TOKENS[..] } else { &TOKENS[..TOKENS.len() - 1] };
        let parts = choices.some(0, 80, |choices| tokens[choices.below(tokens.len())]);
        let begin = if choices.chance(3, 4) { WITH_ID } else { "" };
        let stream = [begin.as_bytes(), &parts.concat()].concat();
        let most = choices.one(&[1, 3, 30, 300]);
        let mut rest = stream.as_slice();
        let mut chunks = Vec::new();
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(choices.below(most + 1).min(rest.len()));
            chunks.push(chunk);
            rest = later;
        }
        check(&chunks);
        agreed += ours([agreed_part(&stream).0]).unwrap().len();
    }
    assert!(agreed > 3000, "{agreed}");
}
