//! Lower bounds of times.

use std::time::Duration;

use super::expect::check;
use super::scenario::Verdict;

/// The tolerance of lower bounds, because clients count time in whole milliseconds.
const TICK: Duration = Duration::from_millis(1);

/// Checks that each of these times, such as the times between requests, is at least `least`.
///
/// # Errors
/// The failed check.
pub fn at_least(label: &str, times: &[Duration], least: Duration) -> Verdict {
    let holds = times.iter().all(|time| *time + TICK >= least);
    check(label, holds, &format!("each at least {least:?}"), || format!("{times:?}"))
}
