//! The faults of a server, and of the network in front of it.

use crate::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection cannot be opened.
    Unreached,
    Tls,
    ConnectTimeout,
    /// An answer with this status, the seconds in its `Retry-After`, and the form of its body.
    Status(u16, Option<u64>, ErrorBody),
    /// The second request of a poll and those after it fail, as if the server had lost its database meanwhile.
    PartsFail(u16),
    Reset,
    /// No answer ever comes.
    Hangs,
    /// The head arrives, and no body.
    HeadOnly,
    /// The connection breaks in the middle of the body.
    Cut,
    /// The body is shorter than it should be, but ends in order.
    Truncated,
    Html,
    List,
    TooLarge,
    /// Streams are answered with this status.
    StreamStatus(u16, Option<u64>),
    /// Streams are answered with JSON.
    StreamJson,
    StreamHangs,
    /// Streams are open, and no event passes.
    StreamSilent,
    /// The server ends streams after this time in milliseconds.
    StreamEnds(u64),
    /// Between the events, something sends other events and comments.
    StreamNoise,
}

/// The form of the body of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorBody {
    Sentence,
    Empty,
    /// The body has the sentence, and never ends.
    NoEnd,
    /// The body never ends, and always has more bytes.
    Endless,
}

impl Fault {
    pub fn draw(random: &mut Random) -> Self {
        match random.below(100) {
            0..8 => {
                random.pick(&[Self::Unreached, Self::Unreached, Self::Tls, Self::ConnectTimeout])
            }
            8..30 => Self::Status(
                random.pick(&[
                    401, 401, 401, 403, 400, 404, 406, 415, 429, 429, 500, 503, 503, 405, 302, 204,
                ]),
                random.pick(&[None, None, Some(3), Some(100)]),
                random.pick(&[
                    ErrorBody::Sentence,
                    ErrorBody::Sentence,
                    ErrorBody::Empty,
                    ErrorBody::NoEnd,
                    ErrorBody::Endless,
                ]),
            ),
            30..40 => Self::PartsFail(random.pick(&[500, 401, 429])),
            40..44 => Self::Reset,
            44..49 => Self::Hangs,
            49..53 => Self::HeadOnly,
            53..58 => Self::Cut,
            58..61 => Self::Truncated,
            61..64 => Self::Html,
            64..66 => Self::List,
            66..69 => Self::TooLarge,
            69..77 => Self::StreamStatus(
                random.pick(&[404, 500, 500, 503, 401]),
                random.pick(&[None, None, Some(50)]),
            ),
            77..80 => Self::StreamJson,
            80..83 => Self::StreamHangs,
            83..89 => Self::StreamSilent,
            89..95 => Self::StreamEnds(random.pick(&[0, 500, 5_000, 20_000])),
            _ => Self::StreamNoise,
        }
    }
}
