//! Numbers as JSON tokens and as texts.

use crate::generators::choices::Choices;
use crate::generators::json::quoted;

const TOKENS: &[&str] = &[
    "0",
    "-0",
    "0.0",
    "1",
    "-1",
    "5",
    "5.0",
    "5.00",
    "5e0",
    "0.1",
    "0.10",
    "0.3",
    "9.5",
    "10",
    "10.0",
    "10.1",
    "1e1",
    "1E3",
    "1000",
    "1e-3",
    "-3.75",
    "7",
    "12",
    "123",
    "2147483647",
    "2147483648",
    "-2147483649",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "100000000000000000000",
    "0.1000000000000000055511151231257827",
    "1e21",
    "123456789.123456789",
];

const TEXTS: &[&str] = &[
    "+3", "007", "10.", ".5", "-.5", "1e3", "1E+3", "1e-2", "5abc", "abc", "", " 5", "5 ", "1_000",
    "0x10", "NaN", "Infinity", "-", ".", "e5", "1e", "--1", "1.2.3", "٣", "5,0",
];

/// Draws a number, or a text, for the values of a rule.
pub(super) fn draw_token(choices: &mut Choices<'_>) -> String {
    match choices.weighted(&[3, 6, 2, 2]) {
        0 => choices.between(-20, 200).to_string(),
        1 => choices.one(TOKENS).to_owned(),
        2 => fraction(choices.between(-200, 2000), 1 + choices.below(3)),
        _ => quoted(&draw_text(choices)),
    }
}

/// Draws a text as a context supplies it.
pub(super) fn draw_text(choices: &mut Choices<'_>) -> String {
    match choices.weighted(&[3, 4, 2]) {
        0 => choices.between(-20, 200).to_string(),
        1 => choices.one(TOKENS).to_owned(),
        _ => choices.one(TEXTS).to_owned(),
    }
}

fn fraction(number: i64, decimals: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", number.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{sign}{whole}.{fraction}")
}

/// Returns another spelling of the same number, or a neighbouring number.
pub(super) fn other_spelling(value: &str, twist: u8) -> Option<String> {
    let is_plain =
        value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && value.len() < 9;
    match twist % 12 {
        0 if is_plain => Some(format!("{value}.0")),
        1 if is_plain => Some(format!("{value}e0")),
        2 if is_plain => Some(format!("{value}0e-1")),
        3 if !value.starts_with('-') => Some(format!("+{value}")),
        4 if !value.starts_with('-') => Some(format!("00{value}")),
        5 if value.contains('.') => Some(format!("{value}0")),
        6 => value.parse::<i64>().ok().map(|number| number.wrapping_add(1).to_string()),
        7 => value.parse::<i64>().ok().map(|number| number.wrapping_sub(1).to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn fractions() {
        assert_eq!(super::fraction(-5, 2), "-0.05");
        assert_eq!(super::fraction(1234, 3), "1.234");
    }
}
