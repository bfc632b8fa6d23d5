//! The parser of calendar dates.

/// The years that a date text can contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Years {
    /// The years 0001 to 9999, always with four digits.
    FourDigits,
    /// The years that FeatureHub's server accepts: the years of [`Self::FourDigits`], the year 0, signed years of five
    /// to ten digits up to 999,999,999, and negative years of four digits. A year of minus zero is refused.
    Signed,
}

/// A day, as the number of days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub(crate) i64);

/// A date: year, month and day of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CivilDate {
    pub(crate) year: i64,
    pub(crate) month: u32,
    pub(crate) day: u32,
}

impl Day {
    /// Parses `YYYY-MM-DD`, with a year that `years` allows, optionally followed by `Z`, `z` or `±HH:MM[:SS]`, which is
    /// discarded without a check of its range. Returns `None` if the text is not a date.
    ///
    /// ```
    /// use fh_eval::internal::text::date::{Day, Years};
    /// assert!(Day::parse("2024-02-29", Years::FourDigits).is_some());
    /// assert_eq!(Day::parse("2024-02-29+99:99", Years::FourDigits), Day::parse("2024-02-29", Years::FourDigits));
    /// assert!(Day::parse("2023-02-29", Years::FourDigits).is_none());
    /// assert!(Day::parse("2024-2-29", Years::FourDigits).is_none());
    /// ```
    #[must_use]
    pub fn parse(text: &str, years: Years) -> Option<Self> {
        let (day, rest) = Self::prefix(text.as_bytes(), years)?;
        match rest {
            [] | [b'Z' | b'z'] => Some(day),
            [b'+' | b'-', offset @ ..] => {
                let (_, _, rest) = clock(offset)?;
                matches!(rest, [] | [b':', b'0'..=b'9', b'0'..=b'9']).then_some(day)
            }
            _ => None,
        }
    }

    /// Returns the number of days since 1970-01-01.
    #[must_use]
    pub const fn since_1970(self) -> i64 {
        self.0
    }

    /// Parses the date at the beginning of `bytes` and returns it with the remaining bytes. Returns `None` if the bytes
    /// do not begin with a date.
    pub(crate) fn prefix(bytes: &[u8], years: Years) -> Option<(Self, &[u8])> {
        let (year, rest) = year(bytes, years)?;
        let [b'-', m1, m2, b'-', d1, d2, rest @ ..] = rest else {
            return None;
        };
        let month = two(*m1, *m2)?;
        let day = two(*d1, *d2)?;
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        Some((Self(days_from_civil(year, month, day)), rest))
    }
}

fn year(bytes: &[u8], years: Years) -> Option<(i64, &[u8])> {
    let (sign, digits) = match (years, bytes) {
        (Years::Signed, [b'+', rest @ ..]) => (Some(1), rest),
        (Years::Signed, [b'-', rest @ ..]) => (Some(-1), rest),
        _ => (None, bytes),
    };
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = digits.split_at_checked(count)?;
    let year = number
        .iter()
        .fold(0_i64, |n, digit| n.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    let allowed = match (sign, years) {
        (None, Years::FourDigits) => count == 4 && year >= 1,
        (None, Years::Signed) => count == 4,
        (Some(1), _) => (5..=10).contains(&count),
        (Some(_), _) => (4..=10).contains(&count) && year != 0,
    };
    // The largest year of Java. The number of days up to this year is far below the maximum of an `i64`.
    (allowed && year <= 999_999_999).then_some((year * sign.unwrap_or(1), rest))
}

/// Returns the number that two ASCII digits form, or `None` if a byte is not a digit.
pub(crate) fn two(tens: u8, ones: u8) -> Option<u32> {
    (tens.is_ascii_digit() && ones.is_ascii_digit())
        .then(|| u32::from(tens - b'0') * 10 + u32::from(ones - b'0'))
}

/// Parses `HH:MM` at the beginning of `bytes`. Returns both numbers without checking their range, and the remaining
/// bytes. Returns `None` if the bytes begin in another way.
pub(crate) fn clock(bytes: &[u8]) -> Option<(u32, u32, &[u8])> {
    let [h1, h2, b':', m1, m2, rest @ ..] = bytes else {
        return None;
    };
    Some((two(*h1, *h2)?, two(*m1, *m2)?, rest))
}

fn days_in_month(year: i64, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Returns the number of days from 1970-01-01 to a date. The calculation uses eras of 400 years that begin in March, so
/// that a leap day is the last day of its year.
pub(crate) fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

impl CivilDate {
    /// Returns the date of a day, given as the number of days since 1970-01-01. This is the inverse of
    /// [`days_from_civil`].
    pub(crate) fn from_days(days: i64) -> Self {
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
        let month = ((month_from_march + 2) % 12 + 1) as u32;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self { year, month, day }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn client(text: &str) -> Option<i64> {
        Day::parse(text, Years::FourDigits).map(|day| day.0)
    }

    fn server(text: &str) -> Option<i64> {
        Day::parse(text, Years::Signed).map(|day| day.0)
    }

    #[test]
    fn known_days() {
        assert_eq!(client("1970-01-01"), Some(0));
        assert_eq!(client("2000-03-01"), Some(11_017));
        assert_eq!(client("0001-01-01"), Some(-719_162));
        assert_eq!(client("9999-12-31"), Some(2_932_896));
        assert_eq!(server("+10000-01-01"), Some(2_932_897));
        assert_eq!(server("0000-12-31"), Some(-719_163));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "2024",
            "2024-02",
            "2024-02-30",
            "2024-13-01",
            "2024-00-01",
            "2024-01-00",
            "2024-1-01",
            " 2024-01-01",
            "2024-01-01 ",
            "2024-01-01T00:00:00Z",
            "2024-01-01T",
            "2024-01-01+01",
            "2024-01-01+0100",
            "2024-01-01+01:0",
            "2024-01-01+01:00:0",
            "0000-01-01",
            "+2024-01-01",
            "12024-01-01",
            "99999999999999999999-01-01",
            "٢٠٢٤-01-01",
            "2024-01-01ZZ",
            "1900-02-29",
        ] {
            assert_eq!(client(text), None, "{text}");
        }
        for text in ["+2024-01-01", "12024-01-01", "-0000-01-01", "+99999999999-01-01"] {
            assert_eq!(server(text), None, "{text}");
        }
    }

    #[test]
    fn discards_offsets_of_any_size() {
        for text in ["2024-02-29Z", "2024-02-29z", "2024-02-29-18:00", "2024-02-29+99:99:99"] {
            assert_eq!(client(text), client("2024-02-29"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn days_and_dates_are_inverse(days in -719_162_i64..2_932_897) {
            let date = CivilDate::from_days(days);
            prop_assert_eq!(days_from_civil(date.year, date.month, date.day), days);
            let text = format!("{:04}-{:02}-{:02}", date.year, date.month, date.day);
            prop_assert_eq!(client(&text), Some(days));
        }
    }
}
