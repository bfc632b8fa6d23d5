//! Durations that programs write as seconds.

use std::time::Duration;

/// Returns the duration of a number of seconds.
///
/// # Errors
/// The reason why the number is no duration of a setting.
pub fn duration(seconds: f64) -> Result<Duration, &'static str> {
    Duration::try_from_secs_f64(seconds).map_err(|_| match seconds {
        _ if seconds.is_nan() => "the duration is no number",
        _ if seconds < 0.0 => "the duration is negative",
        _ => "the duration is too long",
    })
}
