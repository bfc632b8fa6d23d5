//! UTC time as plain numbers. The engine never reads a system clock; the caller supplies the time.

use crate::text::date::CivilDate;

/// A point in time in UTC, in milliseconds since 1970-01-01T00:00:00Z.
///
/// ```
/// use fh_eval::Timestamp;
/// let leap_day: Timestamp = "2024-02-29T23:30:00Z".parse()?;
/// assert_eq!(leap_day.as_millis(), 1_709_249_400_000);
/// assert_eq!(leap_day.to_string(), "2024-02-29T23:30:00.000Z");
/// # Ok::<(), fh_eval::InvalidTimestamp>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The error for a text that does not follow the DATETIME grammar of profile `client`. A missing
/// offset is no error; it means UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTimestamp;

impl std::fmt::Display for InvalidTimestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the text is not a date-time such as 2026-02-28T12:00:00Z")
    }
}

impl std::error::Error for InvalidTimestamp {}

const MILLIS_PER_DAY: i64 = 86_400_000;
/// 9999-12-31T23:59:59.999Z in milliseconds since 1970. Later times have no year of four digits.
const LATEST: i64 = 253_402_300_799_999;
/// 0001-01-01T00:00:00Z in milliseconds since 1970.
const EARLIEST: i64 = -62_135_596_800_000;

impl Timestamp {
    /// Creates a timestamp from milliseconds since 1970-01-01T00:00:00Z, clamped to the years 1 to 9999.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        if millis > LATEST {
            Self(LATEST)
        } else if millis < EARLIEST {
            Self(EARLIEST)
        } else {
            Self(millis)
        }
    }

    /// Returns the milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns the time in the form `YYYY-MM-DDTHH:MM:SS.mmmZ`, without allocating memory.
    pub(crate) fn iso(self) -> [u8; 24] {
        let days = self.0.div_euclid(MILLIS_PER_DAY);
        let millis = self.0.rem_euclid(MILLIS_PER_DAY);
        let date = CivilDate::from_days(days);
        let mut out = *b"0000-00-00T00:00:00.000Z";
        let (seconds, milli) = (millis / 1000, millis % 1000);
        let parts = [
            (0, 4, date.year),
            (5, 2, i64::from(date.month)),
            (8, 2, i64::from(date.day)),
            (11, 2, seconds / 3600),
            (14, 2, seconds / 60 % 60),
            (17, 2, seconds % 60),
            (20, 3, milli),
        ];
        for (at, width, mut number) in parts {
            for slot in out.iter_mut().skip(at).take(width).rev() {
                *slot = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        out
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(std::str::from_utf8(&self.iso()).unwrap_or_default())
    }
}

impl std::str::FromStr for Timestamp {
    type Err = InvalidTimestamp;

    /// Parses a date-time as the profile `client` does. Digits after the milliseconds are cut off. A time that the
    /// offset moves out of the years 1 to 9999 in UTC is clamped.
    fn from_str(text: &str) -> Result<Self, InvalidTimestamp> {
        let moment = crate::text::datetime::DateTime::parse(
            text,
            crate::text::datetime::MissingOffset::MeansUtc,
            crate::text::date::Years::FourDigits,
        )
        .ok_or(InvalidTimestamp)?;
        Ok(Self::from_millis(moment.seconds * 1000 + i64::from(moment.nanos / 1_000_000)))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_and_reads_every_kind_of_day() {
        for (text, millis) in [
            ("1970-01-01T00:00:00.000Z", 0),
            ("1969-12-31T23:59:59.999Z", -1),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789),
            ("0001-01-01T00:00:00.000Z", EARLIEST),
            ("9999-12-31T23:59:59.999Z", LATEST),
        ] {
            assert_eq!(Timestamp::from_millis(millis).to_string(), text);
            assert_eq!(text.parse::<Timestamp>(), Ok(Timestamp::from_millis(millis)));
        }
    }

    #[test]
    fn stays_within_four_digit_years() {
        assert_eq!(Timestamp::from_millis(i64::MAX).as_millis(), LATEST);
        assert_eq!(Timestamp::from_millis(i64::MIN).as_millis(), EARLIEST);
    }
}
