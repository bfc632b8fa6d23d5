//! Monotonic time as a plain number. This crate reads no monotonic clock itself: its callers pass the time in.

use std::time::Duration;

/// A time on a monotonic clock, in milliseconds since a fixed origin, which is usually the start of the driver.
///
/// Arithmetic saturates, so that no value of a clock can cause an overflow.
///
/// ```
/// use fh_repository::time::Millis;
/// use std::time::Duration;
/// let start = Millis::new(1_000);
/// let later = start.after(Duration::from_secs(2));
/// assert_eq!(later.as_u64(), 3_000);
/// assert_eq!(later.since(start), Duration::from_secs(2));
/// assert_eq!(start.since(later), Duration::ZERO);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(u64);

impl Millis {
    /// Creates the time this many milliseconds after the origin.
    #[must_use]
    pub const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Returns the milliseconds since the origin.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// Returns the time that is `delay` after this time. A part of a millisecond in `delay` is dropped.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)))
    }

    /// Returns the time that passed since `earlier`; zero if `earlier` is later than this time.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
