//! The plain forms of texts: those on which all implementations agree what they mean.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Returns true for a decimal number with at most nine digits before the point and six behind it, without superfluous zeros in front.
pub(super) fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    is_count(whole) && is_digits(fraction) && fraction.len() <= 6 && text != "-0"
}

/// Returns true for three numbers with points between them.
pub(super) fn is_version(text: &str) -> bool {
    text.split('.').count() == 3 && text.split('.').all(is_count)
}

/// Returns true for a day of the calendar in the form `2024-02-29`.
pub(super) fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = *parts.as_slice() else { return false };
    let number = |text: &str, length: usize| {
        let is_right = text.len() == length && is_digits(text);
        text.parse::<u32>().ok().filter(|number| is_right && *number > 0)
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    day <= days
}

/// Returns true for a date-time in the form `2024-02-29T10:15:30Z`.
pub(super) fn is_date_time(text: &str) -> bool {
    let Some((date, time)) = text.strip_suffix('Z').and_then(|local| local.split_once('T')) else {
        return false;
    };
    let parts: Vec<&str> = time.split(':').collect();
    let below = |text: &str, limit: u32| {
        text.len() == 2 && is_digits(text) && text.parse::<u32>().is_ok_and(|part| part < limit)
    };
    is_date(date)
        && matches!(*parts.as_slice(), [hour, minute, second]
            if below(hour, 24) && below(minute, 60) && below(second, 60))
}

/// Returns true for an address without leading zeros and brackets.
pub(super) fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Returns true for an address, or for a network in the form `10.0.0.0/8`.
pub(super) fn is_network(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return is_address(text) };
    let limit = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    is_count(bits) && bits.parse::<u32>().is_ok_and(|bits| bits <= limit)
}

/// Returns true for a network whose address has bits outside the mask.
pub(super) fn has_host_bits(text: &str) -> bool {
    let Some((address, bits)) = text.split_once('/') else { return false };
    let Ok(bits) = bits.parse::<u32>() else { return false };
    let v4 = |address: Ipv4Addr| u32::from(address).checked_shl(bits).is_some_and(|rest| rest != 0);
    let v6 =
        |address: Ipv6Addr| u128::from(address).checked_shl(bits).is_some_and(|rest| rest != 0);
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => v4(address),
        Ok(IpAddr::V6(address)) => v6(address),
        Err(_) => false,
    }
}

/// Returns true for a regular expression of letters, digits, `.`, `^`, `$`, `|`, and groups that are repeated with `*`, `+` or `?`.
pub(super) fn is_pattern(text: &str) -> bool {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || ".^$|()*+? -_".contains(c);
    let is_open = |open: Option<i32>, c: char| match (open, c) {
        (Some(open), '(') => Some(open + 1),
        (Some(open), ')') => Some(open - 1).filter(|open| *open >= 0),
        (open, _) => open,
    };
    let repeats = ["(?", "??", "+?", "*?", "**", "++", "*+", "+*", "?*", "?+", "(*", "(+", "|*"];
    text.chars().all(is_usual)
        && text.chars().fold(Some(0), is_open) == Some(0)
        && repeats.iter().all(|each| !text.contains(each))
        && !text.starts_with(['*', '+', '?'])
}

/// Returns true for a text of printable ASCII characters.
pub(super) fn is_text(text: &str) -> bool {
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns true for at most nine digits without superfluous zeros in front.
fn is_count(text: &str) -> bool {
    is_digits(text) && text.len() <= 9 && (text.len() == 1 || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form: its name, its test, plain texts, and other texts.
    type Form<'a> = (&'a str, fn(&str) -> bool, &'a [&'a str], &'a [&'a str]);

    #[test]
    fn plain_and_other_texts() {
        let all: [Form<'_>; 8] = [
            (
                "number",
                is_number,
                &["0", "-3.75", "200"],
                &["", "-0", "1e3", "007", "5.", ".5", "+3"],
            ),
            ("version", is_version, &["1.2.3", "10.0.0"], &["1.2", "1.2.3-rc", "v1.2.3", "01.2.3"]),
            (
                "date",
                is_date,
                &["2024-02-29", "0001-01-01"],
                &["2023-02-29", "2024-2-9", "", "2024-13-01"],
            ),
            (
                "date-time",
                is_date_time,
                &["2024-02-29T10:15:30Z"],
                &["2024-02-29T10:15Z", "2024-02-29T24:00:00Z", "2024-02-29", "2024-02-29T10:15:30"],
            ),
            ("address", is_address, &["10.1.2.3", "::1"], &["10.1", "010.0.0.1", "[::1]", ""]),
            (
                "network",
                is_network,
                &["10.0.0.0/8", "::/0", "8.8.8.8"],
                &["/8", "10.0.0.0/33", "10.0.0.0/08"],
            ),
            (
                "pattern",
                is_pattern,
                &["ana", "(a|b)+", "^$"],
                &["(", "\\d", "(?i)a", "é", "*", "a??"],
            ),
            ("text", is_text, &["", "a b~"], &["\n", "é", "\u{7f}"]),
        ];
        for (name, is_plain, plain, other) in all {
            plain.iter().for_each(|text| assert!(is_plain(text), "{text:?} is a plain {name}"));
            other.iter().for_each(|text| assert!(!is_plain(text), "{text:?} is no plain {name}"));
        }
        assert!(has_host_bits("10.1.0.0/8") && has_host_bits("2001:db8::5/100"));
        assert!(!has_host_bits("10.0.0.0/8") && !has_host_bits("10.1.2.3/32"));
    }
}
