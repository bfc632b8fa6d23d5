//! Dates with a time of day.

use std::cmp::Ordering;

use crate::answer::Options;
use crate::date::{Date, Offset, digits, offset};
use crate::mutants::Bug;

/// A date, a time of day and an offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DateTime {
    /// Seconds since 1970-01-01T00:00 on the local clock.
    local: i64,
    nanoseconds: i64,
    offset: i64,
}

impl DateTime {
    /// Parses a date, `T`, `HH:MM[:SS[.fraction]]`, an offset and an optional zone name in brackets, which is ignored. Without an offset,
    /// profile `client` assumes UTC and profile `edge` refuses the text.
    pub(crate) fn parse(text: &str, options: &Options) -> Option<DateTime> {
        let (date, rest) = Date::prefix(text, options.edge())?;
        let (hours, rest) = digits(rest.strip_prefix(['T', 't'])?, 2)?;
        let (minutes, rest) = digits(rest.strip_prefix(':')?, 2)?;
        let (seconds, nanoseconds, rest) = match rest.strip_prefix(':') {
            Some(more) => seconds_and_fraction(more)?,
            None => (0, 0, rest),
        };
        if hours > 23 || minutes > 59 || seconds > 59 {
            return None;
        }
        let offset = if rest.is_empty() {
            if options.edge() || options.has(Bug::DatetimeWithoutZoneRefused) {
                return None;
            }
            0
        } else {
            let (Offset { sign, hours, minutes, seconds }, rest) = offset(rest)?;
            let size = (hours * 60 + minutes) * 60 + seconds;
            if minutes > 59 || seconds > 59 || size > 18 * 3600 || !is_zone_name(rest) {
                return None;
            }
            sign * size
        };
        Some(DateTime {
            local: date.days() * 86_400 + (hours * 60 + minutes) * 60 + seconds,
            nanoseconds: if options.has(Bug::DatetimeFractionIgnored) { 0 } else { nanoseconds },
            offset: if options.has(Bug::DatetimeOffsetIgnored) { 0 } else { offset },
        })
    }

    fn instant(self) -> (i64, i64) {
        (self.local - self.offset, self.nanoseconds)
    }

    /// Returns true if both are equal. Profile `client` compares instants; profile `edge` requires equal local times and equal offsets.
    pub(crate) fn equals(self, other: DateTime, options: &Options) -> bool {
        if options.edge() || options.has(Bug::DatetimeEqualsWantsSameOffset) {
            self == other
        } else {
            self.instant() == other.instant()
        }
    }

    /// Orders by instant. Profile `edge` orders equal instants by local time.
    pub(crate) fn order(self, other: DateTime, options: &Options) -> Ordering {
        let by_instant = self.instant().cmp(&other.instant());
        if options.edge() { by_instant.then(self.local.cmp(&other.local)) } else { by_instant }
    }
}

/// Parses `SS` with an optional point and up to nine decimals. Returns seconds, nanoseconds and the rest of the text.
fn seconds_and_fraction(text: &str) -> Option<(i64, i64, &str)> {
    let (seconds, rest) = digits(text, 2)?;
    let Some(fraction) = rest.strip_prefix('.') else {
        return Some((seconds, 0, rest));
    };
    let count = fraction.bytes().take_while(u8::is_ascii_digit).count();
    if count > 9 {
        return None;
    }
    let (decimals, rest) = fraction.split_at_checked(count)?;
    Some((seconds, format!("{decimals:0<9}").parse().ok()?, rest))
}

/// Returns true if the text is empty or a name in brackets.
fn is_zone_name(text: &str) -> bool {
    text.is_empty()
        || text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|name| !name.is_empty() && !name.contains(['[', ']']))
}

/// Returns the text of `now` for DATE rules.
pub(crate) fn now_date(options: &Options) -> String {
    Date::from_days(now(options).div_euclid(86_400_000)).text()
}

/// Returns the text of `now` for DATETIME rules. Profile `edge` writes it without an offset.
pub(crate) fn now_datetime(options: &Options) -> String {
    let of_day = now(options).rem_euclid(86_400_000);
    let (seconds, milliseconds) = (of_day / 1000, of_day % 1000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let zone = if options.edge() { "" } else { "Z" };
    format!("{}T{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}{zone}", now_date(options))
}

fn now(options: &Options) -> i64 {
    let local = if options.has(Bug::NowLocal) { 13 * 3_600_000 } else { 0 };
    options.now_ms.saturating_add(local)
}
