//! The system clock.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use fh_eval::Timestamp;

/// Returns the current time of the system clock. A time before 1970 becomes 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Returns an instant plus a duration. If the clock cannot represent the sum, returns the instant plus a year.
pub(crate) fn after(instant: Instant, time: Duration) -> Instant {
    instant.checked_add(time).unwrap_or_else(|| instant + Duration::from_secs(365 * 24 * 3600))
}
