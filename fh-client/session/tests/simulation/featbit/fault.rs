//! The faults of a server, and of the network in front of it.

use crate::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The connection cannot be opened.
    Unreached,
    Tls,
    ConnectTimeout,
    /// An answer with this status, and the seconds in its `Retry-After`.
    Status(u16, Option<u64>),
    /// The connection breaks before the answer.
    Reset,
    /// No answer ever comes.
    Hangs,
    /// A socket is open and silent from the beginning.
    SilentAfterUpgrade,
    /// The server pushes changes, but does not answer requests for flags: its database fails.
    Unanswered,
    /// The server closes sockets with this code after this time in milliseconds.
    Closes(Option<u16>, u64),
    /// The secret is not known.
    WrongSecret,
    /// A frame that is not JSON, and entities in answers that cannot be read, beside the good ones.
    Garbage,
    /// The answer is larger than the limit.
    TooLarge,
    /// The connection breaks in the middle of the answer.
    Cut,
    /// A proxy drops upgrades, resets them, or never answers them, while polls pass.
    Blocks(Blocks),
    /// The body of a poll is a login page.
    Html,
    /// Each change is followed by the former record of another flag.
    PushesOld,
    /// The server sends everything after each change.
    UnaskedFull,
}

/// The way in which a proxy blocks sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blocks {
    Status(u16),
    Resets,
    Hangs,
    /// The socket is open, but no message passes.
    Swallows,
    /// The socket is closed at once.
    Closes,
}

impl Blocks {
    pub fn draw(random: &mut Random) -> Self {
        random.pick(&[
            Self::Status(404),
            Self::Status(200),
            Self::Status(403),
            Self::Resets,
            Self::Hangs,
            Self::Swallows,
            Self::Closes,
        ])
    }
}

impl Fault {
    pub fn draw(random: &mut Random) -> Self {
        match random.below(100) {
            0..10 => {
                random.pick(&[Self::Unreached, Self::Unreached, Self::Tls, Self::ConnectTimeout])
            }
            10..26 => Self::Status(
                random.pick(&[500, 502, 503, 503, 429, 429, 400, 401, 403, 404, 418, 302, 204]),
                random.pick(&[None, None, Some(3), Some(100)]),
            ),
            26..31 => Self::Reset,
            31..36 => Self::Hangs,
            36..41 => Self::SilentAfterUpgrade,
            41..47 => Self::Unanswered,
            47..55 => Self::Closes(
                random.pick(&[None, Some(1000), Some(1001), Some(1011), Some(4000)]),
                random.pick(&[0, 500, 1_000, 1_500, 20_000]),
            ),
            55..63 => Self::WrongSecret,
            63..69 => Self::Garbage,
            69..73 => Self::TooLarge,
            73..79 => Self::Cut,
            79..86 => Self::Blocks(Blocks::draw(random)),
            86..89 => Self::Html,
            89..96 => Self::PushesOld,
            _ => Self::UnaskedFull,
        }
    }
}
