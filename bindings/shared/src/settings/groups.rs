//! The settings that have members of their own: delays before retries, and limits of requests.

use std::time::Duration;

use fh_client::{Backoff, Limits};

/// A member of a setting.
#[derive(Debug)]
pub struct Member<T> {
    /// The name in `snake_case`.
    pub name: &'static str,
    /// What the member means.
    pub about: &'static str,
    /// The unit of the value, and its place.
    pub unit: Unit<T>,
}

/// The unit of a member's value, and the place of the value.
#[derive(Debug)]
pub enum Unit<T> {
    /// A duration. Programs write seconds as a number.
    Seconds(fn(&mut T) -> &mut Duration),
    /// A number of bytes.
    Bytes(fn(&mut T) -> &mut usize),
    /// A number from 0 to 1.
    Share(fn(&mut T) -> &mut f64),
}

/// The members of delays before retries.
pub static BACKOFF: [Member<Backoff>; 3] = [
    Member {
        name: "initial",
        about: "The delay before the first retry.",
        unit: Unit::Seconds(|backoff| &mut backoff.initial),
    },
    Member {
        name: "cap",
        about: "The longest delay. The delay doubles with each retry up to this.",
        unit: Unit::Seconds(|backoff| &mut backoff.cap),
    },
    Member {
        name: "jitter",
        about: "The share of a delay that is random, from 0 to 1.",
        unit: Unit::Share(|backoff| &mut backoff.jitter),
    },
];

/// The limits of requests.
pub static LIMITS: [Member<Limits>; 6] = [
    Member {
        name: "connect",
        about: "The longest time until a connection is open.",
        unit: Unit::Seconds(|limits| &mut limits.connect),
    },
    Member {
        name: "head",
        about: "The longest time from a request to the complete head of its response.",
        unit: Unit::Seconds(|limits| &mut limits.head),
    },
    Member {
        name: "poll",
        about: "The longest time from the request of a poll to its complete response, and the longest wait for the values of a context.",
        unit: Unit::Seconds(|limits| &mut limits.poll),
    },
    Member {
        name: "idle",
        about: "The longest time without a line on a stream.",
        unit: Unit::Seconds(|limits| &mut limits.idle),
    },
    Member {
        name: "held_back",
        about: "The longest time without progress on a stream that has not sent its first features. After the second such stream in a row, the client polls.",
        unit: Unit::Seconds(|limits| &mut limits.held_back),
    },
    Member {
        name: "bytes",
        about: "The largest size of a poll's response, or of a line or an event of a stream.",
        unit: Unit::Bytes(|limits| &mut limits.bytes),
    },
];

impl<T> Unit<T> {
    /// Returns the unit in words.
    #[must_use]
    pub const fn words(&self) -> &'static str {
        match self {
            Self::Seconds(_) => "seconds",
            Self::Bytes(_) => "bytes",
            Self::Share(_) => "share from 0 to 1",
        }
    }
}
