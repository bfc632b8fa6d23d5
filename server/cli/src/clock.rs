//! The time of an evaluation.

use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use fh_eval::Timestamp;

#[derive(Clone, Copy, Args)]
pub(crate) struct ClockArgs {
    /// Evaluate as of this time instead of the current time, such as 2026-11-27T09:00:00Z. A date without a time means 00:00
    /// UTC
    #[arg(long, value_name = "TIME", value_parser = read)]
    now: Option<Timestamp>,
}

impl ClockArgs {
    /// Returns the time given with `--now`, or the current time.
    pub(crate) fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(now)
    }
}

/// Returns the system's time, with millisecond precision. A time before 1970 gives the start of 1970.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.map_or(0, |since| since.as_millis());
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}

fn read(text: &str) -> Result<Timestamp, String> {
    let date = || format!("{text}T00:00:00Z").parse();
    text.parse().or_else(|_| date()).map_err(|_: fh_eval::InvalidTimestamp| {
        "write a date-time such as 2026-11-27T09:00:00Z, or a date".to_string()
    })
}
