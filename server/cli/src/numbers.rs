//! Whole numbers on the command line.

use std::ops::RangeInclusive;

/// Parses a whole number of 64 bits.
pub(crate) fn any(text: &str) -> Result<u64, String> {
    within(text, 0..=u64::MAX)
}

/// Parses a whole number from 1 to 100,000,000.
pub(crate) fn up_to_100_million(text: &str) -> Result<u64, String> {
    within(text, 1..=100_000_000)
}

/// Parses a whole number from 1 to 1,000,000.
pub(crate) fn up_to_a_million(text: &str) -> Result<u32, String> {
    let number = within(text, 1..=1_000_000)?;
    u32::try_from(number).map_err(|error| error.to_string())
}

/// Parses a whole number. Digits may be grouped by `_` or `,`.
fn within(text: &str, range: RangeInclusive<u64>) -> Result<u64, String> {
    let digits = text.trim().replace(['_', ','], "");
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(number) if is_number && range.contains(&number) => Ok(number),
        _ => Err(format!(
            "write a whole number from {} to {} in digits, such as 10000",
            range.start(),
            range.end()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers() {
        assert_eq!(any("0"), Ok(0));
        assert_eq!(up_to_100_million("10_000"), Ok(10_000));
        assert_eq!(up_to_a_million("1,000,000"), Ok(1_000_000));
        for wrong in ["", "1e4", "0", "-1", "+1", "1.5", "1000001", "99999999999999999999", "ten"] {
            assert!(up_to_a_million(wrong).unwrap_err().contains("from 1 to 1000000"), "{wrong}");
        }
    }
}
