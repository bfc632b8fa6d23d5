//! The times used in the data files, and the day of a recording.

use std::time::{SystemTime, UNIX_EPOCH};

/// The current time of cases without `clock`: 2030-03-17T17:46:40Z. It lies between the years that cases on `now` use.
pub const DEFAULT_NOW_MS: i64 = 1_900_000_000_000;

/// Returns the milliseconds since 1970 of an RFC 3339 date-time, such as `2024-02-29T23:30:00Z`.
#[must_use]
pub fn rfc3339_ms(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let mut date = date.splitn(3, '-');
    let mut next = |width: usize| -> Option<i64> {
        let part = date.next()?;
        let is_number = part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse().ok()).flatten()
    };
    let (year, month, day) = (next(4)?, next(2)?, next(2)?);
    let (clock, offset_minutes) = if let Some(clock) = time.strip_suffix(['Z', 'z']) {
        (clock, 0)
    } else {
        let at = time.rfind(['+', '-'])?;
        let (clock, offset) = time.split_at_checked(at)?;
        let (hours, minutes) = offset.get(1..)?.split_once(':')?;
        let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
        (clock, if offset.starts_with('-') { -minutes } else { minutes })
    };
    let mut clock = clock.splitn(3, ':');
    let hours: i64 = clock.next()?.parse().ok()?;
    let minutes: i64 = clock.next()?.parse().ok()?;
    let (seconds, fraction) = clock.next().map(|s| s.split_once('.').unwrap_or((s, "")))?;
    let seconds: i64 = seconds.parse().ok()?;
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let in_range = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && (0..24).contains(&hours)
        && (0..60).contains(&minutes)
        && (0..60).contains(&seconds);
    let minutes = days(year, month, day) * 1440 + hours * 60 + minutes - offset_minutes;
    in_range.then_some((minutes * 60 + seconds) * 1000 + millis)
}

/// Returns the days since 1970-01-01. Years are counted from March, so that the leap day is the last day of its year.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year
        - 719_468
}

/// Returns the day of a time in UTC, such as `2024-02-29`.
#[must_use]
pub fn day(time: SystemTime) -> String {
    let seconds = time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let number = i64::try_from(seconds / 86_400).unwrap_or_default();
    // The first guess is at most a year too late.
    let mut year = 1970 + number / 365;
    while days(year, 1, 1) > number {
        year -= 1;
    }
    let month = (1..=12).rev().find(|month| days(year, *month, 1) <= number).unwrap_or(1);
    format!("{year:04}-{month:02}-{:02}", number - days(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{UNIX_EPOCH, day, rfc3339_ms};

    #[test]
    fn known_days() {
        for text in ["1970-01-01", "1999-12-31", "2000-02-29", "2024-03-01", "2026-11-21"] {
            let ms = rfc3339_ms(&format!("{text}T23:59:59Z")).unwrap();
            let time = UNIX_EPOCH + Duration::from_millis(ms.unsigned_abs());
            assert_eq!(day(time), text);
        }
    }

    #[test]
    fn known_times() {
        for (text, ms) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2024-02-29T23:30:00Z", 1_709_249_400_000),
            ("2024-03-01T12:30:00.5+13:00", 1_709_249_400_500),
            ("1969-12-31T23:59:59.999z", -1),
            ("0001-01-01T00:00:00Z", -62_135_596_800_000),
        ] {
            assert_eq!(rfc3339_ms(text), Some(ms), "{text}");
        }
        for text in ["", "2024-02-29", "2024-13-01T00:00:00Z", "2024-02-29T23:30:00", "soon"] {
            assert_eq!(rfc3339_ms(text), None, "{text}");
        }
    }
}
