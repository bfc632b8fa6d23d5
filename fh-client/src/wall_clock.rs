//! The clock that gives the time of day.

use std::sync::Arc;
use std::time::SystemTime;

use fh_eval::Timestamp;

/// A clock that returns the time of day.
pub(crate) type WallClock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Returns the time of day by the system's clock.
pub(crate) fn system_clock() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
