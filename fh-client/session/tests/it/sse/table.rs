//! Corner cases of the standard.

use std::time::Duration;

use super::hear_whole;

pub(super) struct Case {
    pub(super) what: &'static str,
    pub(super) stream: &'static [u8],
    /// Name, data, id.
    events: &'static [(&'static str, &'static str, Option<&'static str>)],
    retry: Option<u64>,
}

const fn case(
    what: &'static str,
    stream: &'static [u8],
    events: &'static [(&'static str, &'static str, Option<&'static str>)],
) -> Case {
    Case { what, stream, events, retry: None }
}

const fn retry(what: &'static str, stream: &'static [u8], milliseconds: Option<u64>) -> Case {
    Case { what, stream, events: &[], retry: milliseconds }
}

const fn x(data: &'static str) -> (&'static str, &'static str, Option<&'static str>) {
    ("message", data, None)
}

pub(super) const CASES: &[Case] = &[
    case("nothing", b"", &[]),
    case("one line", b"data:x\n\n", &[("message", "x", None)]),
    // Line ends.
    case("carriage returns", b"data:x\r\r", &[("message", "x", None)]),
    case("both", b"data:x\r\n\r\n", &[("message", "x", None)]),
    case("mixed", b"data:x\n\r\ndata:y\r\rdata:z\r\n\n", &[x("x"), x("y"), x("z")]),
    case("a line feed after both is another", b"data:x\r\n\n", &[x("x")]),
    case("line feed, carriage return: two", b"data:x\n\r", &[x("x")]),
    case("two line ends, one line", b"data:x\r\ndata:y\n\n", &[x("x\ny")]),
    case(
        "no line ends: vertical tab, U+0085, U+2028",
        "data:\x0B\u{85}\u{2028}\n\n".as_bytes(),
        &[x("\x0B\u{85}\u{2028}")],
    ),
    // Byte order marks.
    case("one at the start", b"\xEF\xBB\xBFdata:x\n\n", &[x("x")]),
    case(
        "two at the start: the second is part of a name",
        b"\xEF\xBB\xBF\xEF\xBB\xBFdata:x\n\n",
        &[],
    ),
    case("two before a short name", b"\xEF\xBB\xBF\xEF\xBB\xBFid:1\ndata:x\n\n", &[x("x")]),
    case("one before a long name", b"\xEF\xBB\xBFevent:a\ndata:x\n\n", &[("a", "x", None)]),
    case("one at the second line", b"\n\xEF\xBB\xBFdata:x\n\n", &[]),
    case("one in a value", b"data:\xEF\xBB\xBFx\n\n", &[x("\u{FEFF}x")]),
    case("one before a comment", b"\xEF\xBB\xBF:data:x\n\n", &[]),
    case("one alone on a line", b"\xEF\xBB\xBF\ndata:x\n\n", &[x("x")]),
    case("a part of one", b"\xEF\xBBdata:x\n\n", &[]),
    case("one of UTF-16", b"\xFE\xFFdata:x\n\n", &[]),
    // Values.
    case("one leading space is removed", b"data: x\n\n", &[x("x")]),
    case("only one", b"data:  x \n\n", &[x(" x ")]),
    case("only a space", b"data:\tx\n\n", &[x("\tx")]),
    case("a space before the colon", b"data :x\n\n", &[]),
    case("further colons", b"data::x:\n\n", &[x(":x:")]),
    case("a space and nothing", b"data: \n\n", &[x("")]),
    case("a NUL in data", b"data:a\0b\n\n", &[x("a\0b")]),
    // Data.
    case("two lines", b"data:x\ndata:y\n\n", &[x("x\ny")]),
    case("empty lines of data", b"data:\ndata:x\ndata:\n\n", &[x("\nx\n")]),
    case(
        "the standard's: two events, the third is unfinished",
        b"data\n\ndata\ndata\n\ndata:",
        &[x(""), x("\n")],
    ),
    case("no data", b"event:a\n\n", &[]),
    case("the name of an event without data is forgotten", b"event:a\n\ndata:x\n\n", &[x("x")]),
    case("several empty lines", b"\n\ndata:x\n\n\n\n", &[x("x")]),
    // Unfinished.
    case("no empty line at the end", b"data:x\n\ndata:y\n", &[x("x")]),
    case("no line end at the end", b"data:x\n\ndata:y", &[x("x")]),
    // Names of events.
    case("a name", b"event: a\ndata:x\n\n", &[("a", "x", None)]),
    case("after the data", b"data:x\nevent: a\n\n", &[("a", "x", None)]),
    case("the last counts", b"event:a\ndata:x\nevent:b\n\n", &[("b", "x", None)]),
    case("an empty one is none", b"event:a\nevent:\ndata:x\n\n", &[x("x")]),
    case("nor is one without a colon", b"event:a\nevent\ndata:x\n\n", &[x("x")]),
    case(
        "it does not outlive its event",
        b"event:a\ndata:x\n\ndata:y\n\n",
        &[("a", "x", None), x("y")],
    ),
    // Ids.
    case(
        "an id stays",
        b"id: 1\ndata:x\n\ndata:y\n\n",
        &[("message", "x", Some("1")), ("message", "y", Some("1"))],
    ),
    case("an id without data stays too", b"id:1\n\ndata:x\n\n", &[("message", "x", Some("1"))]),
    case("an empty one", b"id:1\nid\ndata:x\n\n", &[("message", "x", Some(""))]),
    case("one with a NUL is ignored", b"id:1\nid:a\0b\ndata:x\n\n", &[("message", "x", Some("1"))]),
    case("one after that", b"id:a\0b\nid:2\ndata:x\n\n", &[("message", "x", Some("2"))]),
    case("of an unfinished line", b"data:x\n\nid:1", &[x("x")]),
    case(
        "a later id does not change an earlier event",
        b"id:1\ndata:x\n\nid:2\n",
        &[("message", "x", Some("1"))],
    ),
    // Comments and unknown fields.
    case("a comment", b": data:x\n:\n\n", &[]),
    case("a comment within an event", b"data:x\n:y\ndata:z\n\n", &[x("x\nz")]),
    case("a comment ends no event", b"data:x\n:\n", &[]),
    case("a field named comment", b"comment: x\n\n", &[]),
    case("unknown fields", b"dat:a\ndatax:b\nDATA:c\n data:d\nbogus\n\n", &[]),
    case("a long name", b"data-data-data-data:x\n\n", &[]),
    // UTF-8.
    case("a heart", "data: \"❤️\"\n\n".as_bytes(), &[x("\"❤️\"")]),
    case("a bad byte", b"data:a\xFFb\n\n", &[x("a\u{FFFD}b")]),
    case("begun and not ended: one replacement", b"data:\xF0\x9F\x92\n\n", &[x("\u{FFFD}")]),
    case(
        "begun in one line, ended in the next",
        b"data:\xE2\x9D\ndata:\xA4\n\n",
        &[x("\u{FFFD}\n\u{FFFD}")],
    ),
    case(
        "a surrogate: three replacements",
        b"data:\xED\xA0\x80\n\n",
        &[x("\u{FFFD}\u{FFFD}\u{FFFD}")],
    ),
    case("an overlong slash", b"data:\xC0\xAF\n\n", &[x("\u{FFFD}\u{FFFD}")]),
    case("in a name", b"event:\xFF\ndata:x\n\n", &[("\u{FFFD}", "x", None)]),
    case("in an id", b"id:\xFF\ndata:x\n\n", &[("message", "x", Some("\u{FFFD}"))]),
    case("in a field's name", b"data\xFF:x\n\n", &[]),
    // Retry.
    retry("digits", b"retry: 3000\n", Some(3000)),
    retry("leading zeros", b"retry:0030\n", Some(30)),
    retry("zero", b"retry:0\n", Some(0)),
    retry("the last counts", b"retry:1\nretry:2\n", Some(2)),
    retry("no digits", b"retry:1\nretry:2x\n", Some(1)),
    retry("digits after something else", b"retry:x2\n", None),
    retry("two spaces", b"retry:  2\n", None),
    retry("a sign", b"retry:+2\n", None),
    retry("a fraction", b"retry:2.5\n", None),
    retry("digits that are not ASCII", "retry:٣\n".as_bytes(), None),
    retry("empty", b"retry:1\nretry:\nretry\n", Some(1)),
    retry("unfinished", b"retry:1\nretry:2", Some(1)),
    retry("more than can be counted", b"retry:99999999999999999999999\n", Some(u64::MAX)),
];

#[test]
fn every_case() {
    for case in CASES {
        let heard = hear_whole(case.stream);
        let events: Vec<_> = heard
            .events
            .iter()
            .map(|event| (event.name.as_str(), event.data.as_str(), event.id.as_deref()))
            .collect();
        assert_eq!(events, case.events, "{}", case.what);
        assert_eq!(heard.retry, case.retry.map(Duration::from_millis), "{}", case.what);
        assert_eq!(heard.end, Ok(()), "{}", case.what);
    }
}

#[test]
fn the_standards_algorithm_agrees() {
    for case in CASES {
        let standard = super::standard::events(case.stream);
        assert_eq!(hear_whole(case.stream).events, standard, "{}", case.what);
    }
}
