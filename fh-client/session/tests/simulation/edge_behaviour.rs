//! The behaviours of an Edge, or of a server in front of it.

use crate::edge::Ending;
use crate::random::Random;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeBehaviour {
    Fine,
    /// The connection is refused or breaks, or no response ever comes.
    Fails(Ending),
    Status(u16),
    /// A login page.
    Html,
    /// The Edge can only be polled.
    NoStreams,
    Redirects(Redirects),
    NoEnvironments,
    /// Environments with empty lists, or without a list, although they have features (D-60).
    Empty {
        absent: bool,
    },
    PartlyEmpty,
    Malformed(u8),
    /// An outdated replica.
    Lags,
    /// Status 236.
    Stale,
    /// The stream ends soon, before its list or after it, with `bye` or without.
    Closes {
        bye: bool,
        early: bool,
    },
    /// A head without any body.
    HeadOnly,
    /// A few bytes from time to time.
    Drips,
    /// A `failure` event.
    Failure {
        early: bool,
    },
    Config(u8),
    TooLarge,
    UpdatesFirst,
    /// Environments that no key opens.
    Strangers,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redirects {
    /// This many redirects, within the origin.
    Home(u64),
    Away,
    Port,
    Nowhere,
}

impl EdgeBehaviour {
    /// Draws a faulty behaviour.
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
