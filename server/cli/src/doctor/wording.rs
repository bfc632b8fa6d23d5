//! Formats for times, sizes and lists.

use std::time::Duration;

/// Formats a short duration in milliseconds or seconds.
pub(super) fn milliseconds(time: Duration) -> String {
    match time.as_millis() {
        0..=9 => format!("{:.1} ms", time.as_secs_f64() * 1000.0),
        millis @ 10..=9_999 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

/// Formats a size in bytes.
pub(super) fn size(bytes: usize) -> String {
    match bytes {
        0..=9_999 => format!("{bytes} bytes"),
        10_000..=9_999_999 => format!("{:.1} KB", bytes as f64 / 1000.0),
        _ => format!("{:.1} MB", bytes as f64 / 1_000_000.0),
    }
}

/// Joins names: `a`, `a and b`, `a, b and c`.
pub(super) fn several(parts: &[&str]) -> String {
    match parts {
        [] => String::new(),
        [one] => (*one).to_string(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert_eq!(milliseconds(Duration::from_micros(1_240)), "1.2 ms");
        assert_eq!(milliseconds(Duration::from_millis(34)), "34 ms");
        assert_eq!(milliseconds(Duration::from_millis(12_340)), "12.3 s");
        assert_eq!(size(9_000), "9000 bytes");
        assert_eq!(size(12_340), "12.3 KB");
        assert_eq!(several(&["a", "b", "c"]), "a, b and c");
        assert_eq!(several(&["a"]), "a");
    }
}
