//! Durations on the command line, in seconds.

use std::time::Duration;

/// The longest accepted duration, in seconds: one year.
const LONGEST: f64 = 31_536_000.0;

/// Parses a duration as [`any`] does, and rejects 0.
pub(crate) fn positive(text: &str) -> Result<Duration, String> {
    match any(text)? {
        Duration::ZERO => Err("write more than 0 seconds, such as 10".to_string()),
        time => Ok(time),
    }
}

/// Parses a number of seconds from 0 to a year of 365 days, with or without the suffix `s`. Fractions are accepted, and
/// rounded to nanoseconds.
pub(crate) fn any(text: &str) -> Result<Duration, String> {
    let wrong = || match in_seconds(text) {
        Some(seconds) => format!("write seconds, such as {seconds} for {}", text.trim()),
        None => "write seconds, such as 30 or 0.5, up to a year".to_string(),
    };
    let seconds: f64 =
        text.strip_suffix('s').unwrap_or(text).trim().parse().map_err(|_| wrong())?;
    if !(0.0..=LONGEST).contains(&seconds) {
        return Err(wrong());
    }
    Ok(Duration::from_secs_f64(seconds))
}

/// The units that other programs accept, in seconds. Longer names come first.
const UNITS: [(&str, f64); 8] = [
    ("minutes", 60.0),
    ("min", 60.0),
    ("hours", 3_600.0),
    ("seconds", 1.0),
    ("ms", 0.001),
    ("m", 60.0),
    ("h", 3_600.0),
    ("d", 86_400.0),
];

/// Returns the seconds of a duration with a unit: 300 for `5m`. Returns `None` for any other text, and for a duration of more than a year.
fn in_seconds(text: &str) -> Option<f64> {
    let text = text.trim().to_ascii_lowercase();
    let (count, unit) =
        UNITS.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let seconds = count.trim().parse::<f64>().ok()? * unit;
    (0.0..=LONGEST).contains(&seconds).then_some(seconds)
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
        for (text, seconds) in
            [("5m", "300"), ("1 h", "3600"), ("500ms", "0.5"), ("2 Minutes", "120")]
        {
            assert_eq!(any(text), Err(format!("write seconds, such as {seconds} for {text}")));
        }
    }
}
