//! The session's time: milliseconds since the client was made.

use std::time::Duration;

use fh_session::Millis;
use tokio::time::Instant;

/// Counts from its making. It is the clock of the runtime that the driver runs on, so that tests that give the client a runtime
/// with a paused clock wait through hours of retries in no time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DriverClock {
    origin: Instant,
}

impl DriverClock {
    /// Starts the clock; to be called inside the driver's runtime.
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    /// The time now; to be called inside the driver's runtime, whose clock may be paused.
    pub(crate) fn now(self) -> Millis {
        Millis::default().after(self.origin.elapsed())
    }

    /// The time now by the system's clock, whatever the clock of the caller's runtime says.
    pub(crate) fn now_by_the_system(self) -> Millis {
        Millis::default().after(self.origin.into_std().elapsed())
    }

    /// The moment as tokio's timers take it; far beyond any program's life where it cannot be said.
    pub(crate) fn instant(self, at: Millis) -> Instant {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        let delay = Duration::from_millis(at.as_u64()).min(CENTURY);
        self.origin.checked_add(delay).unwrap_or(self.origin)
    }
}
