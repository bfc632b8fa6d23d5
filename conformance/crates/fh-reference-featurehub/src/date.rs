//! Calendar days.

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) year: i64,
    pub(crate) month: i64,
    pub(crate) day: i64,
}

impl Date {
    /// Parses `YYYY-MM-DD` with an optional offset, which is ignored. The day must exist.
    pub(crate) fn parse(text: &str, edge: bool) -> Option<Date> {
        let (date, rest) = Date::prefix(text, edge)?;
        let nothing_left =
            rest.is_empty() || offset(rest).is_some_and(|(_, behind)| behind.is_empty());
        nothing_left.then_some(date)
    }

    /// Parses a date at the beginning of a text, and returns it with the rest of the text. Profile `edge` also accepts signed years and the
    /// year 0000.
    pub(crate) fn prefix(text: &str, edge: bool) -> Option<(Date, &str)> {
        let (year, rest) = if edge && text.starts_with(['+', '-']) {
            long_year(text)?
        } else {
            let (year, rest) = digits(text, 4)?;
            if !edge && year == 0 {
                return None;
            }
            (year, rest)
        };
        let (month, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 2)?;
        let exists = (1..=days_in_month(year, month)).contains(&day);
        exists.then_some((Date { year, month, day }, rest))
    }

    /// Returns the day that is this many days after 1970-01-01.
    pub(crate) fn from_days(days: i64) -> Date {
        // The calendar repeats every 400 years (146,097 days): begin with the right cycle, then count.
        let mut date = Date { year: 1970 + days.div_euclid(146_097) * 400, month: 1, day: 1 };
        let mut left = days.rem_euclid(146_097);
        while left >= days_in_year(date.year) {
            left -= days_in_year(date.year);
            date.year += 1;
        }
        while left >= days_in_month(date.year, date.month) {
            left -= days_in_month(date.year, date.month);
            date.month += 1;
        }
        date.day += left;
        date
    }

    /// Returns the number of days since 1970-01-01.
    pub(crate) fn days(self) -> i64 {
        // The number of leap days from the year 1 to the year before this one.
        let leaps = |year: i64| {
            let before = year - 1;
            before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400)
        };
        let years = (self.year - 1970) * 365 + leaps(self.year) - leaps(1970);
        let months: i64 = (1..self.month).map(|month| days_in_month(self.year, month)).sum();
        years + months + self.day - 1
    }

    pub(crate) fn text(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in_year(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

/// Parses exactly `count` ASCII digits, and returns the number with the rest of the text.
pub(crate) fn digits(text: &str, count: usize) -> Option<(i64, &str)> {
    let (head, rest) = text.split_at_checked(count)?;
    let all_digits = head.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| head.parse().ok()).flatten().map(|number| (number, rest))
}

/// Parses a sign and five to ten digits, up to the largest year of the JVM, 999,999,999. After a minus four digits suffice, as on the JVM.
fn long_year(text: &str) -> Option<(i64, &str)> {
    let unsigned = text.get(1..)?;
    let count = unsigned.bytes().take_while(u8::is_ascii_digit).count();
    let fewest = if text.starts_with('-') { 4 } else { 5 };
    if !(fewest..=10).contains(&count) {
        return None;
    }
    let (size, rest) = digits(unsigned, count)?;
    let year = if text.starts_with('-') { -size } else { size };
    let minus_zero = text.starts_with('-') && size == 0;
    (size <= 999_999_999 && !minus_zero).then_some((year, rest))
}

/// An offset from UTC. Its size is not checked.
pub(crate) struct Offset {
    /// 1 or -1.
    pub(crate) sign: i64,
    pub(crate) hours: i64,
    pub(crate) minutes: i64,
    pub(crate) seconds: i64,
}

/// Parses `Z` or `±HH:MM[:SS]`, and returns the offset with the rest of the text.
pub(crate) fn offset(text: &str) -> Option<(Offset, &str)> {
    if let Some(rest) = text.strip_prefix(['Z', 'z']) {
        return Some((Offset { sign: 1, hours: 0, minutes: 0, seconds: 0 }, rest));
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, rest) = digits(text.get(1..)?, 2)?;
    let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
    let (seconds, rest) = match rest.strip_prefix(':') {
        Some(more) => digits(more, 2)?,
        None => (0, rest),
    };
    Some((Offset { sign, hours, minutes, seconds }, rest))
}
