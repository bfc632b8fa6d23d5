//! The server's clock, which a test can shift.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The computer's clock and an offset.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    pub(crate) offset_ms: i64,
}

impl Clock {
    /// Returns the milliseconds since 1970.
    pub(crate) fn now_ms(self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        now.saturating_add(self.offset_ms)
    }

    /// Returns the value of the header `Date`.
    pub(crate) fn date(self) -> String {
        let now = u64::try_from(self.now_ms()).unwrap_or(0);
        httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_millis(now))
    }
}
