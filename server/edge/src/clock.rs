//! The system clock.

use std::time::{SystemTime, UNIX_EPOCH};

use fh_eval::Timestamp;

/// Returns the current time of the system clock. A time before 1970 becomes 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
