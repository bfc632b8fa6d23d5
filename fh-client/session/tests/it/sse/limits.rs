//! Limits of sizes.

use fh_session::internal::sse::{Decoder, Limits, TooLarge};

use super::{Heard, hear};

const LIMIT: usize = 20;
const NAME_LIMIT: usize = 64 * 1024;

fn hear_within(stream: &[u8], limit: usize) -> Heard {
    hear([stream], Limits { event: limit })
}

#[test]
fn limits_are_exact() {
    // The start of a stream, which is decoded byte by byte up to the limit; bytes that may follow; and bytes that exceed the limit.
    let cases: &[(&str, &str, &str)] = &[
        ("data:567890123456789", "\n\n", "0"),
        ("data:5678\ndata:56789", "x\n", "xx"),
        ("event:789\ndata:56789", "x\n", "xx"),
        // Lines without effect count while they are unfinished.
        (":1234567890123456789", "\n\n", "x"),
        ("unknownunknownunknow", "\n\n", "n"),
        ("unknown:890123456789", "\n\n", "x"),
        ("retry:00000000000000", "\n\n", "0"),
        ("data:56789\n:123456789", "\ndata:56789\n\n", "x"),
        ("id:34567890123456789", "\n\n", "x"),
        ("id:34567890123456789\ndata:567890123456789", "\n\n", "x"),
    ];
    for (begin, fits, does_not) in cases {
        let heard = hear_within(format!("{begin}{fits}").as_bytes(), LIMIT);
        assert_eq!(heard.end, Ok(()), "{begin:?}{fits:?}");
        let heard = hear_within(format!("{begin}{does_not}").as_bytes(), LIMIT);
        assert_eq!(heard.end, Err(TooLarge { limit: LIMIT }), "{begin:?}{does_not:?}");
        assert_eq!(heard.unfinished, 0, "{begin:?}{does_not:?}");
    }
}

/// Lines without effect may repeat without end, and the bytes of an event do not count for the next one.
#[test]
fn no_limit_to_a_stream_as_a_whole() {
    for line in [":still here\n", "retry:1000\n", "unknown:1\n", "id:1\n", "\n", "data:x\n\n"] {
        let heard = hear_within(line.repeat(1000).as_bytes(), LIMIT);
        assert_eq!(heard.end, Ok(()), "{line:?}");
    }
    for line in ["data\n", "data:\n", "event:a\n"] {
        let heard = hear_within(line.repeat(1000).as_bytes(), LIMIT);
        assert_eq!(heard.end, Err(TooLarge { limit: LIMIT }), "{line:?}");
    }
}

#[test]
fn sixteen_mebibytes_by_default() {
    let mut stream = b"data:".to_vec();
    stream.resize(16 * 1024 * 1024, b'x');
    let end = |stream: &[u8]| hear([stream, b"\n\n"], Limits::default());
    let heard = end(&stream);
    assert_eq!((heard.end, heard.events.len()), (Ok(()), 1));
    stream.push(b'x');
    let heard = end(&stream);
    assert_eq!((heard.end, heard.events.len()), (Err(TooLarge { limit: 16 * 1024 * 1024 }), 0));
}

#[test]
fn names_and_ids() {
    for field in ["event", "id"] {
        let stream = |value: &str| format!("{field}:{value}\ndata:x\n\n");
        let most = "n".repeat(NAME_LIMIT);
        let heard = hear([stream(&most).as_bytes()], Limits::default());
        assert_eq!((heard.end, heard.events.len()), (Ok(()), 1), "{field}");
        let heard = hear([stream(&format!("{most}n")).as_bytes()], Limits::default());
        let too_large = Err(TooLarge { limit: Limits::default().event });
        assert_eq!((heard.end, heard.events.len()), (too_large, 0), "{field}");
    }
}

/// The chunks determine which limit is reached first, but the error is the same.
#[test]
fn two_limits_at_once() {
    let limits = Limits { event: NAME_LIMIT + 1000 };
    for (before, length) in [(0, 2 * NAME_LIMIT), (500, NAME_LIMIT + 600), (2000, NAME_LIMIT + 600)]
    {
        let data = "x".repeat(before);
        let stream = format!("data:{data}\nevent:{}", "n".repeat(length));
        let whole = hear([stream.as_bytes()], limits);
        assert_eq!(whole.end, Err(TooLarge { limit: limits.event }));
        for size in [1, 1000, NAME_LIMIT, NAME_LIMIT + 7] {
            assert_eq!(hear(stream.as_bytes().chunks(size), limits), whole, "{size}");
        }
    }
}

/// One invalid byte becomes three bytes, so the limit also applies to the decoded text.
#[test]
fn replacements_count() {
    for (field, data) in [("data:", ""), ("event:", "data:x\n"), ("id:", "data:x\n")] {
        let stream = |bad: usize| {
            let bad = vec![0xFF; bad];
            [field.as_bytes(), bad.as_slice(), b"\n", data.as_bytes(), b"\n"].concat()
        };
        let heard = hear_within(&stream(6), LIMIT);
        assert_eq!((heard.end, heard.events.len()), (Ok(()), 1), "{field}");
        let heard = hear_within(&stream(7), LIMIT);
        assert_eq!(heard.end, Err(TooLarge { limit: LIMIT }), "{field}");
    }
}

#[test]
fn an_error_comes_after_the_events_before_it_and_stays() {
    let mut decoder = Decoder::new(Limits { event: LIMIT });
    let too_large = TooLarge { limit: LIMIT };
    let mut chunk = "retry:5\n\ndata:a\n\ndata:5678901234567890\n\ndata:b\n\n".as_bytes();
    assert_eq!(decoder.decode(&mut chunk).unwrap().unwrap().data, "a");
    assert_eq!(decoder.decode(&mut chunk), Err(too_large));
    assert_eq!(decoder.decode(&mut chunk), Err(too_large));
    assert_eq!(decoder.decode(&mut &b"\n\ndata:c\n\n"[..]), Err(too_large));
    assert_eq!(decoder.decode(&mut &b""[..]), Err(too_large));
    assert_eq!((decoder.lines(), decoder.unfinished()), (4, 0));
    assert_eq!(decoder.retry().unwrap().as_millis(), 5);
    assert_eq!(
        too_large.to_string(),
        "a line or event of the stream is larger than 20 bytes, or the name or id of an event is larger than 20 bytes"
    );
}
