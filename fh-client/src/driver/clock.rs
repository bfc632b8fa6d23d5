//! The clock of a session, which measures milliseconds since the client was started.

use std::time::Duration;

use fh_repository::time::Millis;
use tokio::time::Instant;

/// A clock that starts at 0. It uses tokio's time in the driver's runtime. If a test gives the client a runtime with a paused
/// clock, hours of retries pass at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DriverClock {
    origin: Instant,
}

impl DriverClock {
    /// Starts the clock. The caller must be inside the driver's runtime.
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// Returns the time since the clock was started. The caller must be inside the driver's runtime, because that runtime's
    /// time may be paused.
    pub(crate) fn now(self) -> Millis {
        Millis::default().after(self.origin.elapsed())
    }

    /// Returns the time since the start of this clock, measured by the system's clock. A paused clock of the caller's runtime has
    /// no effect.
    pub(crate) fn now_by_the_system(self) -> Millis {
        Millis::default().after(self.origin.into_std().elapsed())
    }

    /// Converts a time to an instant for tokio's timers. A time more than 100 years after the start of the clock is shortened to
    /// 100 years.
    pub(crate) fn instant(self, at: Millis) -> Instant {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        let delay = Duration::from_millis(at.as_u64()).min(CENTURY);
        self.origin.checked_add(delay).unwrap_or(self.origin)
    }
}
