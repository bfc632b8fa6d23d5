//! Parsing and formatting of the texts of settings.

use std::num::{IntErrorKind, NonZeroUsize, ParseIntError};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::seconds;

/// The units of a number of bytes. Longer names of units come first.
const UNITS: [(&str, usize); 6] = [
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("k", 1 << 10),
    ("m", 1 << 20),
    ("g", 1 << 30),
];

pub(super) fn time(text: &str) -> Result<Duration, String> {
    seconds::any(text)
}

/// Parses a time of at least one second.
pub(super) fn at_least_a_second(text: &str) -> Result<Duration, String> {
    let time = seconds::any(text)?;
    match time < Duration::from_secs(1) {
        true => Err("write at least 1 second, such as 10".to_string()),
        false => Ok(time),
    }
}

/// Parses a limit in seconds. Zero means no limit.
pub(super) fn limit(text: &str) -> Result<Option<Duration>, String> {
    Ok(Some(seconds::any(text)?).filter(|time| !time.is_zero()))
}

pub(super) fn seconds_of(time: Duration) -> String {
    time.as_secs_f64().to_string()
}

pub(super) fn seconds_of_limit(limit: Option<Duration>) -> String {
    seconds_of(limit.unwrap_or_default())
}

/// Parses a whole number within the range of the type.
pub(super) fn number<T: FromStr<Err = ParseIntError>>(
    text: &str,
    example: &str,
) -> Result<T, String> {
    text.trim().parse().map_err(|error: ParseIntError| match error.kind() {
        IntErrorKind::Zero => format!("write a number from 1 on, such as {example}"),
        IntErrorKind::PosOverflow => {
            format!("{} is too large: write a smaller number, such as {example}", text.trim())
        }
        _ => format!("write a whole number in digits, such as {example}"),
    })
}

/// Parses a port.
pub(super) fn port(text: &str, example: &str) -> Result<u16, String> {
    let port = text.trim().parse();
    port.map_err(|_| format!("write a port from 0 to 65535, such as {example}"))
}

/// Parses a number of bytes, with or without a unit of [`UNITS`], in upper or lower case.
pub(super) fn bytes(text: &str) -> Result<usize, String> {
    let wrong = || "write a number of bytes, such as 65536 or 64KiB".to_string();
    let text = text.trim().to_ascii_lowercase();
    let (digits, unit) = UNITS
        .iter()
        .find_map(|(name, size)| Some((text.strip_suffix(name)?, *size)))
        .unwrap_or((&text, 1));
    let count: usize = digits.trim().parse().map_err(|_| wrong())?;
    count.checked_mul(unit).ok_or_else(wrong)
}

pub(super) fn some_bytes(text: &str) -> Result<NonZeroUsize, String> {
    NonZeroUsize::new(bytes(text)?).ok_or_else(|| "write more than 0 bytes".to_string())
}

pub(super) fn bytes_of(count: usize) -> String {
    let unit =
        UNITS.iter().take(3).rev().find(|(_, size)| count >= *size && count.is_multiple_of(*size));
    match unit {
        Some(("kib", size)) => format!("{}KiB", count / size),
        Some(("mib", size)) => format!("{}MiB", count / size),
        Some((_, size)) => format!("{}GiB", count / size),
        None => count.to_string(),
    }
}

pub(super) fn switch(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("write true or false".to_string()),
    }
}

/// Parses the value of a header. An empty text means that no value is set.
pub(super) fn header(text: &str) -> Result<Option<HeaderValue>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let value = HeaderValue::from_str(text.trim());
    value
        .map(Some)
        .map_err(|_| "the value contains a character that a header must not contain".to_string())
}

pub(super) fn header_text(value: Option<&HeaderValue>) -> String {
    value.and_then(|value| value.to_str().ok()).unwrap_or_default().to_string()
}

/// Parses names of headers, separated by commas.
pub(super) fn header_names(text: &str) -> Result<Vec<String>, String> {
    list(text, |name| {
        let name = name.to_ascii_lowercase();
        match HeaderName::try_from(&name) {
            Ok(_) => Ok(name),
            Err(_) => Err(format!("{name:?} is not a valid header name")),
        }
    })
}

/// Parses texts that are separated by commas. Empty texts are skipped.
pub(super) fn list<T>(
    text: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(read).collect()
}

/// Parses a path. An empty text means that no path is set.
pub(super) fn path(text: &str) -> Option<PathBuf> {
    (!text.trim().is_empty()).then(|| PathBuf::from(text))
}

pub(super) fn path_text(path: Option<&PathBuf>) -> String {
    path.map(|path| path.display().to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        for (text, count, again) in [
            ("0", 0, "0"),
            ("1000", 1000, "1000"),
            ("32k", 32768, "32KiB"),
            ("1 MiB", 1 << 20, "1MiB"),
            ("2g", 2 << 30, "2GiB"),
        ] {
            assert_eq!(bytes(text), Ok(count));
            assert_eq!(bytes_of(count), again);
        }
        for wrong in ["", "k", "-1", "1.5m", "1 tib", "99999999999999999999g"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        assert!(some_bytes("0").is_err());
    }

    #[test]
    fn switches_and_lists() {
        assert_eq!((switch(" TRUE "), switch("off")), (Ok(true), Ok(false)));
        assert!(switch("").is_err() && switch("maybe").is_err());
        assert_eq!(header_names("X-One, ,x-two").unwrap(), ["x-one", "x-two"]);
        assert!(header_names("x one").is_err() && header("a\nb").is_err());
        assert_eq!(header("").unwrap(), None);
    }
}
