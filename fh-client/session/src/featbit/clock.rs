//! The difference between the server's clock and this machine's, as answers show it.

use fh_eval::Timestamp;

use crate::action::ResponseHead;
use crate::response_class::http_date;

/// The server's clock, as far as its answers show it.
#[derive(Debug, Default)]
pub(super) struct ServerClock {
    /// The difference between the server's clock and this machine's that tokens use, in milliseconds.
    pub(super) used: i64,
    /// The difference that was used before the correction, while [`Self::is_corrected`].
    pub(super) former: i64,
    /// The difference that the last answer showed; `None` if it had no date.
    pub(super) measured: Option<i64>,
    /// True if a refusal has changed the difference, and no message has arrived since.
    pub(super) is_corrected: bool,
    /// True if the next request asks for the server's time.
    pub(super) is_asked_for: bool,
}

impl ServerClock {
    /// Reads the date of an answer. A date has whole seconds, so that the server's clock is half a second later on average.
    pub(super) fn measure(&mut self, head: &ResponseHead, wall: Timestamp) {
        let date = head.get("date").and_then(|date| http_date(date.trim()));
        let offset =
            |date: Timestamp| date.as_millis().saturating_add(500).saturating_sub(wall.as_millis());
        self.measured = date.map(offset);
    }

    /// Returns the time of a token that is made now.
    pub(super) const fn token_time(&self, wall: Timestamp) -> i64 {
        wall.as_millis().saturating_add(self.used)
    }
}
