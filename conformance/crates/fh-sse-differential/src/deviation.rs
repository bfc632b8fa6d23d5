use crate::End;

/// A difference between `eventsource-client` and the standard. Our decoder follows the standard.
#[derive(Debug)]
pub struct Deviation {
    /// The behaviour that the standard requires.
    pub standard: &'static str,
    /// The behaviour of the other client.
    pub theirs: &'static str,
    /// A stream that shows the difference.
    pub stream: &'static [u8],
    /// Names and data of the events that our decoder reads.
    pub our_events: &'static [(&'static str, &'static str)],
    /// The last `retry` that our decoder reads before the last event, in milliseconds.
    pub our_retry: Option<u64>,
    /// Names and data of the events that the other client reads.
    pub their_events: &'static [(&'static str, &'static str)],
    /// The last `retry` of the events that the other client reads, in milliseconds.
    pub their_retry: Option<u64>,
    /// The way in which the other client's stream ends.
    pub their_end: End,
}

const X: (&str, &str) = ("message", "x");

/// All known deviations of version 0.18.0.
///
/// Two differences have no entry, because they change no event here. That client takes a field named `comment` for a comment, and it does
/// not limit the size of a line or event.
pub const DEVIATIONS: &[Deviation] = &[
    Deviation {
        standard: "bytes that are not UTF-8 are replaced",
        theirs: "they end the stream",
        stream: b"data:x\n\ndata:\xFF\n\n",
        our_events: &[X, ("message", "\u{FFFD}")],
        our_retry: None,
        their_events: &[X],
        their_retry: None,
        their_end: End::InvalidLine,
    },
    Deviation {
        standard: "comments are ignored, whatever they hold",
        theirs: "one that is not UTF-8 ends the stream",
        stream: b":\xFF\ndata:x\n\n",
        our_events: &[X],
        our_retry: None,
        their_events: &[],
        their_retry: None,
        their_end: End::InvalidLine,
    },
    Deviation {
        standard: "unknown fields are ignored",
        theirs: "one that is not UTF-8 ends the stream",
        stream: b"\xFF\ndata:x\n\n",
        our_events: &[X],
        our_retry: None,
        their_events: &[],
        their_retry: None,
        their_end: End::InvalidLine,
    },
    Deviation {
        standard: "an event without data is not dispatched",
        theirs: "an event with unknown fields only ends the stream",
        stream: b"unknown\n\ndata:x\n\n",
        our_events: &[X],
        our_retry: None,
        their_events: &[],
        their_retry: None,
        their_end: End::InvalidEvent,
    },
    Deviation {
        standard: "an event without data is not dispatched",
        theirs: "an event with only an empty name ends the stream",
        stream: b"event:\n\ndata:x\n\n",
        our_events: &[X],
        our_retry: None,
        their_events: &[],
        their_retry: None,
        their_end: End::InvalidEvent,
    },
    Deviation {
        standard: "an id that holds a NUL is ignored",
        theirs: "an event without any other field ends the stream",
        stream: b"id:\0\n\ndata:x\n\n",
        our_events: &[X],
        our_retry: None,
        their_events: &[],
        their_retry: None,
        their_end: End::InvalidEvent,
    },
    Deviation {
        standard: "a retry that is not digits only is ignored",
        theirs: "an event without any other field ends the stream",
        stream: b"retry:soon\n\ndata:x\n\n",
        our_events: &[X],
        our_retry: None,
        their_events: &[],
        their_retry: None,
        their_end: End::InvalidEvent,
    },
    Deviation {
        standard: "a retry consists of digits only",
        theirs: "it may have a plus sign",
        stream: b"retry:+5\ndata:x\n\n",
        our_events: &[X],
        our_retry: None,
        their_events: &[X],
        their_retry: Some(5),
        their_end: End::Body,
    },
    Deviation {
        standard: "a retry may be of any size",
        theirs: "one beyond 64 bits is ignored",
        stream: b"retry:18446744073709551616\ndata:x\n\n",
        our_events: &[X],
        our_retry: Some(u64::MAX),
        their_events: &[X],
        their_retry: None,
        their_end: End::Body,
    },
    Deviation {
        standard: "a retry counts from its line on",
        theirs: "the retry of an event without data is lost",
        stream: b"retry:5\n\ndata:x\n\n",
        our_events: &[X],
        our_retry: Some(5),
        their_events: &[X],
        their_retry: None,
        their_end: End::Body,
    },
];
