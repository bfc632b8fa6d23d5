//! The session's time: milliseconds since the client was made.

use std::time::Duration;

use fh_session::Millis;
use tokio::time::Instant;

/// Counts from its making. tokio's clock, so that programs whose tests pause that clock can test their flags in no time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DriverClock {
    origin: Instant,
}

impl DriverClock {
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now() }
    }

    pub(crate) fn now(self) -> Millis {
        Millis::default().after(self.origin.elapsed())
    }

    /// The moment as tokio's timers take it; far beyond any program's life where it cannot be said.
    pub(crate) fn instant(self, at: Millis) -> Instant {
        const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        let delay = Duration::from_millis(at.as_u64()).min(CENTURY);
        self.origin.checked_add(delay).unwrap_or(self.origin)
    }
}
