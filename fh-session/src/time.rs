//! Monotonic time as a plain number. Nothing here reads a clock: whoever drives a session passes the time in.

use std::time::Duration;

/// A moment on a monotonic clock, in milliseconds since any fixed origin (the driver's start, usually).
///
/// Arithmetic saturates, so that no clock, however odd, can make it wrap.
///
/// ```
/// use fh_session::Millis;
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
    /// So many milliseconds after the origin.
    #[must_use]
    pub const fn new(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds after the origin.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The moment so much later.
    #[must_use]
    pub fn after(self, delay: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX)))
    }

    /// How long after `earlier` this is; zero if it is before.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}
