//! The decoder's counters while a stream is read.

use super::hear_whole;

#[test]
fn counters_of_lines_and_unfinished_bytes() {
    // Stream, number of complete lines, number of unfinished bytes.
    let cases: &[(&str, u64, usize)] = &[
        ("", 0, 0),
        ("d", 0, 1),
        ("data: x", 0, 7),
        ("data: x\n", 1, 7),
        ("data: x\r", 1, 7),
        ("data: x\r\n", 1, 7),
        ("data: x\n\n", 2, 0),
        ("event: a\ndata: x\n", 2, 15),
        ("event: a\ndata: x\ndat", 2, 18),
        ("event: a\n\n", 2, 0),
        ("data\n", 1, 4),
        ("\n", 1, 0),
        ("\r\n\r\n", 2, 0),
        // An incomplete comment is unfinished. A complete comment only counts as a line.
        (": still", 0, 7),
        (": still\n", 1, 0),
        (": still\n: here\n", 2, 0),
        ("data: x\n: still here\n", 2, 7),
        // Ids and retry times outlive an event, and unknown fields have no effect, so these lines begin no event.
        ("id: 1\n", 1, 0),
        ("retry: 1\n", 1, 0),
        ("unknown: 1\n", 1, 0),
        ("unkno", 0, 5),
    ];
    for (stream, lines, unfinished) in cases {
        let heard = hear_whole(stream.as_bytes());
        assert_eq!((heard.lines, heard.unfinished), (*lines, *unfinished), "{stream:?}");
    }
}

#[test]
fn debug_output_holds_nothing_of_the_stream() {
    let mut decoder =
        fh_session::internal::sse::Decoder::new(fh_session::internal::sse::Limits::default());
    assert!(decoder.decode(&mut &b"data: secret"[..]).unwrap().is_none());
    assert_eq!(format!("{decoder:?}"), "Decoder { lines: 0, unfinished: 12, .. }");
}
