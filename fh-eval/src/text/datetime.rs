//! The parser of date-times.

use super::date::{Day, Years, clock};

/// The meaning of a date-time without an offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingOffset {
    /// A date-time without an offset is in UTC, as FeatureHub's public documentation says (profile `client`).
    MeansUtc,
    /// A date-time without an offset cannot be parsed, as on FeatureHub's server (profile `edge`).
    Unparsable,
}

/// A date-time with its offset from UTC. Date-times are ordered by instant, and by offset if their instants are equal.
/// The order by offset is then the order of local times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub(crate) seconds: i64,
    /// Nanoseconds within the second.
    pub(crate) nanos: u32,
    /// Offset from UTC in seconds.
    pub(crate) offset: i32,
}

impl DateTime {
    /// Parses `YYYY-MM-DDTHH:MM[:SS[.fraction]]`, with a year that `years` allows, then `Z` or an offset `±HH:MM[:SS]`
    /// of at most 18 hours. `T` and `Z` can be in lower case, and the fraction has at most nine digits. If both `Z` and
    /// the offset are missing, `missing` decides whether the text is read as UTC or refused. After `Z` or an offset, a
    /// zone name in brackets may follow and is ignored. Returns `None` for any other text.
    ///
    /// ```
    /// use fh_eval::internal::text::{date::Years, datetime::{MissingOffset, DateTime}};
    /// let read = |text| DateTime::parse(text, MissingOffset::MeansUtc, Years::FourDigits).map(DateTime::instant);
    /// assert_eq!(read("2024-01-01T01:00:00+01:00"), read("2024-01-01T00:00Z"));
    /// assert_eq!(read("2024-01-01T00:00"), read("2024-01-01T00:00Z[Etc/UTC]"));
    /// assert_eq!(read("2024-01-01 00:00Z"), None);
    /// ```
    #[must_use]
    pub fn parse(text: &str, missing: MissingOffset, years: Years) -> Option<Self> {
        let (day, rest) = Day::prefix(text.as_bytes(), years)?;
        let [b'T' | b't', rest @ ..] = rest else {
            return None;
        };
        let (hour, minute, rest) = clock(rest)?;
        let (second, nanos, rest) = match rest {
            [b':', s1, s2, rest @ ..] => {
                let second = super::date::two(*s1, *s2)?;
                let (nanos, rest) = fraction(rest)?;
                (second, nanos, rest)
            }
            _ => (0, 0, rest),
        };
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let offset = match rest {
            [] if missing == MissingOffset::MeansUtc => 0,
            [b'Z' | b'z', zone @ ..] => {
                zone_name(zone)?;
                0
            }
            [sign @ (b'+' | b'-'), rest @ ..] => {
                let (seconds, zone) = offset(rest)?;
                zone_name(zone)?;
                if *sign == b'-' { -seconds } else { seconds }
            }
            _ => return None,
        };
        let local = day.0 * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
        Some(Self { seconds: local - i64::from(offset), nanos, offset })
    }

    /// Returns the milliseconds since 1970-01-01T00:00:00Z, rounded down. A year beyond about ±292 million, which only
    /// [`Years::Signed`] allows, gives a number close to the limit of an `i64`.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.seconds.saturating_mul(1000).saturating_add((self.nanos / 1_000_000) as i64)
    }

    /// Returns the same instant with offset zero. Profile `client` compares only instants.
    #[must_use]
    pub fn instant(self) -> Self {
        Self { offset: 0, ..self }
    }
}

/// Parses a fraction of a second, `.` and up to nine digits, at the beginning of `bytes`. Returns the nanoseconds (0 if
/// there is no fraction) and the remaining bytes. Returns `None` if the fraction has more than nine digits.
fn fraction(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let [b'.', rest @ ..] = bytes else {
        return Some((0, bytes));
    };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 9 {
        return None;
    }
    let (fraction, rest) = rest.split_at_checked(digits)?;
    let scale = 10_u32.pow(9 - digits as u32);
    let number = fraction.iter().fold(0_u32, |n, digit| n * 10 + u32::from(digit - b'0'));
    Some((number * scale, rest))
}

/// Parses `HH:MM[:SS]` of at most 18 hours at the beginning of `bytes`. Returns the seconds and the remaining bytes, or
/// `None` if the bytes begin in another way or the offset is out of range.
fn offset(bytes: &[u8]) -> Option<(i32, &[u8])> {
    let (hours, minutes, rest) = clock(bytes)?;
    let (seconds, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (super::date::two(*s1, *s2)?, rest),
        _ => (0, rest),
    };
    let total = hours * 3600 + minutes * 60 + seconds;
    (minutes < 60 && seconds < 60 && total <= 18 * 3600).then_some((total as i32, rest))
}

/// Returns `Some(())` if the bytes are a zone name in brackets or if there are no bytes, otherwise `None`. Whether a
/// zone has this name is not checked, because servers know different zones.
fn zone_name(bytes: &[u8]) -> Option<()> {
    match bytes {
        [] => Some(()),
        [b'[', name @ .., b']'] if !name.is_empty() => {
            (!name.iter().any(|byte| matches!(byte, b'[' | b']'))).then_some(())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(text: &str) -> Option<DateTime> {
        DateTime::parse(text, MissingOffset::MeansUtc, Years::FourDigits)
    }

    #[test]
    fn reads_fractions_exactly() {
        let nanos = |text: &str| client(text).map(|moment| moment.nanos);
        assert_eq!(nanos("2024-01-01T00:00:00.5Z"), Some(500_000_000));
        assert_eq!(nanos("2024-01-01T00:00:00.000000001Z"), Some(1));
        assert_eq!(nanos("2024-01-01T00:00:00.Z"), Some(0));
        assert_eq!(nanos("2024-01-01T00:00:00.0000000001Z"), None);
        assert_eq!(nanos("2024-01-01T00:00.5Z"), None);
    }

    #[test]
    fn the_milliseconds_of_distant_years_are_limited() {
        let millis = |text: &str| {
            DateTime::parse(text, MissingOffset::MeansUtc, Years::Signed).map(DateTime::millis)
        };
        assert_eq!(millis("+999999999-12-31T23:59:59.999Z"), Some(i64::MAX));
        assert_eq!(millis("-999999999-01-01T00:00Z"), Some(i64::MIN));
        assert_eq!(millis("1970-01-01T00:00:01.5Z"), Some(1500));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "2024-01-01",
            "2024-01-01T",
            "2024-01-01T00",
            "2024-01-01T24:00Z",
            "2024-01-01T00:60Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01 00:00Z",
            "2024-01-01T00:00+01",
            "2024-01-01T00:00+0100",
            "2024-01-01T00:00+18:00:01",
            "2024-01-01T00:00+19:00",
            "2024-01-01T00:00+01:60",
            "2024-01-01T00:00[UTC]",
            "2024-01-01T00:00Z[]",
            "2024-01-01T00:00Z[a]b",
            "2024-01-01T00:00Z[a][b]",
            "2024-01-01T00:00ZZ",
            "2023-02-29T00:00Z",
        ] {
            assert_eq!(client(text), None, "{text}");
        }
        assert_eq!(
            DateTime::parse("2024-01-01T00:00", MissingOffset::Unparsable, Years::Signed),
            None
        );
    }

    #[test]
    fn the_same_instant_in_another_offset_is_later_by_local_time() {
        let east = client("2024-01-01T10:15+02:00").unwrap();
        let utc = client("2024-01-01t08:15z").unwrap();
        assert_ne!(east, utc);
        assert!(east > utc);
        assert_eq!(east.instant(), utc.instant());
        assert!(client("2024-01-01T08:15:00.001Z").unwrap() > east);
        assert_eq!(client("2024-01-01T00:00+18:00").unwrap().offset, 64_800);
    }
}
