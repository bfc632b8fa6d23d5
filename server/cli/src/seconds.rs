//! Durations on the command line, in seconds.

use std::time::Duration;

/// The longest accepted duration, in seconds: one year.
const LONGEST: f64 = 31_536_000.0;

/// Parses a duration as [`any`] does, and rejects 0.
pub(crate) fn positive(text: &str) -> Result<Duration, String> {
    match any(text)? {
        Duration::ZERO => Err("write more than 0 seconds".to_string()),
        time => Ok(time),
    }
}

/// Parses a number of seconds from 0 to a year of 365 days, with or without the suffix `s`. Fractions are accepted, and
/// rounded to nanoseconds.
pub(crate) fn any(text: &str) -> Result<Duration, String> {
    let wrong = || "write seconds, such as 30 or 0.5, up to a year".to_string();
    let seconds: f64 =
        text.strip_suffix('s').unwrap_or(text).trim().parse().map_err(|_| wrong())?;
    if !(0.0..=LONGEST).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read() {
        assert_eq!(positive("2"), Ok(Duration::from_secs(2)));
        assert_eq!(positive("0.5s"), Ok(Duration::from_millis(500)));
        assert_eq!(any("0"), Ok(Duration::ZERO));
        for wrong in ["", "x", "-1", "NaN", "inf", "1e300"] {
            assert!(any(wrong).is_err(), "{wrong}");
        }
        assert!(positive("0").is_err());
    }
}
