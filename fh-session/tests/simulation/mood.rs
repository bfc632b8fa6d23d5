//! How an Edge, or what stands before it, can be.

use crate::edge::Ending;
use crate::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Fine,
    /// No connection comes about, it breaks, or nothing is ever answered.
    Fails(Ending),
    Status(u16),
    /// A login page.
    Html,
    /// An Edge that can only be polled.
    NoStreams,
    Redirects(Redirects),
    NoEnvironments,
    /// Environments without features, or without a list of them, though there are some (D-60).
    Empty {
        absent: bool,
    },
    PartlyEmpty,
    Malformed(u8),
    /// A replica that is behind.
    Lags,
    /// Status 236.
    Stale,
    /// A stream that ends soon, before its list or after, with a word or without.
    Closes {
        bye: bool,
        early: bool,
    },
    /// A head, and then nothing.
    HeadOnly,
    /// Some bytes now and then.
    Drips,
    /// The event.
    Failure {
        early: bool,
    },
    Config(u8),
    TooLarge,
    UpdatesFirst,
    /// Environments that nobody asked for.
    Strangers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// So many times, within the origin.
    Home(u64),
    Away,
    Port,
    Nowhere,
}

impl Mood {
    /// A bad one.
    pub fn draw(random: &mut Random) -> Self {
        let yes = random.percent(50);
        let detail = random.below(18) as u8;
        match random.below(100) {
            0..12 => Self::Fails(random.pick(&[
                Ending::Broken,
                Ending::Broken,
                Ending::Complete,
                Ending::Tls,
                Ending::ConnectTimeout,
                Ending::Silence,
            ])),
            12..30 => Self::Status(random.pick(&[
                500, 502, 503, 503, 503, 501, 429, 400, 401, 403, 404, 404, 204, 206, 304, 405,
                418, 300,
            ])),
            30..33 => Self::Html,
            33..37 => Self::NoStreams,
            37..42 => Self::Redirects(match detail {
                0..10 => Redirects::Home(u64::from(detail)),
                10..13 => Redirects::Away,
                13..15 => Redirects::Port,
                _ => Redirects::Nowhere,
            }),
            42..45 => Self::NoEnvironments,
            45..51 => Self::Empty { absent: yes },
            51..54 => Self::PartlyEmpty,
            54..59 => Self::Malformed(detail),
            59..65 => Self::Lags,
            65..69 => Self::Stale,
            69..79 => Self::Closes { bye: yes, early: detail.is_multiple_of(3) },
            79..82 => Self::HeadOnly,
            82..86 => Self::Drips,
            86..90 => Self::Failure { early: yes },
            90..95 => Self::Config(detail),
            95..97 => Self::TooLarge,
            97..98 => Self::Strangers,
            _ => Self::UpdatesFirst,
        }
    }
}
