//! The result of decoding does not depend on how a stream is cut into chunks.

use fh_session::internal::sse::Limits;
use proptest::prelude::*;

use super::{hear, hear_whole, standard, table};

/// Maximum length in bytes of streams that are cut in every possible way.
const SHORT: usize = 14;

/// Checks a short stream cut in every possible way. Longer ones are cut in every way into at most three chunks, and into single bytes.
fn assert_same_however_cut(stream: &[u8], limits: Limits) {
    let whole = hear([stream], limits);
    if stream.len() <= SHORT {
        for cuts in 0..1_u32 << stream.len().saturating_sub(1) {
            let heard = hear(cut(stream, |at| cuts & (1 << (at - 1)) != 0), limits);
            assert_eq!(heard, whole, "{:?} cut at {cuts:b}", stream.escape_ascii().to_string());
        }
        return;
    }
    assert_eq!(hear(stream.chunks(1), limits), whole, "{}", stream.escape_ascii());
    for second in 0..=stream.len() {
        for first in 0..=second {
            let chunks = [&stream[..first], &stream[first..second], &stream[second..]];
            assert_eq!(
                hear(chunks, limits),
                whole,
                "{} cut at {first}, {second}",
                stream.escape_ascii()
            );
        }
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
fn every_case_of_the_table() {
    for case in table::CASES {
        assert_same_however_cut(case.stream, Limits::default());
    }
}

/// Checks every limit, so that every way of cutting also fails at the same byte.
#[test]
fn every_short_case_of_the_table_under_every_limit() {
    for case in table::CASES.iter().filter(|case| case.stream.len() <= 10) {
        for event in 0..case.stream.len() {
            assert_same_however_cut(case.stream, Limits { event });
        }
    }
}

/// Checks all streams of a few tokens whose combinations matter.
#[test]
fn all_small_streams() {
    const TOKENS: [&[u8]; 8] =
        [b"data", b":", b" ", b"\r", b"\n", b"\xEF\xBB\xBF", b"\xE2\x9D", b"\0"];
    let mut streams = vec![Vec::new()];
    for _ in 0..5 {
        streams = streams
            .iter()
            .flat_map(|stream: &Vec<u8>| TOKENS.map(|token| [stream, token].concat()))
            .collect();
        for stream in &streams {
            let stream = [stream, b"\n\n".as_slice()].concat();
            let whole = hear_whole(&stream);
            assert_eq!(whole.events, standard::events(&stream), "{}", stream.escape_ascii());
            assert_eq!(
                hear(stream.chunks(1), Limits::default()),
                whole,
                "{}",
                stream.escape_ascii()
            );
        }
    }
}

/// Generates streams that are mostly well formed, from parts that matter to the format.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        prop::sample::select(
            [
                "data",
                "event",
                "id",
                "retry",
                "comment",
                ":",
                ": ",
                ":  ",
                "\n",
                "\r",
                "\r\n",
                "\n\n",
                "\u{FEFF}",
                "\0",
                "1000",
                "❤️",
                "{\"a\":1}",
                "features",
                "\u{FFFD}",
                " ",
                "x",
            ]
            .map(|part| part.as_bytes().to_vec())
            .to_vec()
        ),
        prop::sample::select(
            [
                &b"\xE2"[..],
                b"\xE2\x9D",
                b"\xF0\x9F\x92",
                b"\xFF",
                b"\x80",
                b"\xED\xA0\x80",
                b"\xEF\xBB"
            ]
            .map(<[u8]>::to_vec)
            .to_vec()
        ),
        prop::collection::vec(any::<u8>(), 0..3),
    ];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

fn chunks<'a>(mut rest: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for length in lengths {
        let (chunk, later) = rest.split_at((*length).min(rest.len()));
        chunks.push(chunk);
        rest = later;
    }
    chunks.push(rest);
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_stream_in_any_chunks(
        stream in stream(),
        lengths in prop::collection::vec(0_usize..20, 0..80),
        event in prop_oneof![Just(usize::MAX), 0_usize..200],
    ) {
        let limits = Limits { event };
        prop_assert_eq!(hear(chunks(&stream, &lengths), limits), hear([&stream[..]], limits));
    }

    #[test]
    fn any_stream_by_the_standard(stream in stream()) {
        prop_assert_eq!(hear_whole(&stream).events, standard::events(&stream));
    }

    #[test]
    fn any_bytes(
        stream in prop::collection::vec(any::<u8>(), 0..300),
        lengths in prop::collection::vec(0_usize..20, 0..40),
    ) {
        let heard = hear(chunks(&stream, &lengths), Limits::default());
        prop_assert_eq!(&heard.events, &standard::events(&stream));
        prop_assert_eq!(heard, hear_whole(&stream));
    }
}
