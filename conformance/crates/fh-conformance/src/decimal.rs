//! Comparison of numbers by decimal value, independent of how they are written.

/// A JSON number in normal form: sign, digits without zeros at either end, power of ten.
#[derive(PartialEq, Eq)]
struct Normal<'a> {
    negative: bool,
    digits: String,
    exponent: i128,
    /// The original text if the exponent does not fit into `i64`. Such a number equals only the same text.
    beyond: Option<&'a str>,
}

fn normal(token: &str) -> Normal<'_> {
    let (negative, rest) = match token.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, token),
    };
    let (mantissa, power) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = format!("{whole}{fraction}");
    let without_end = all.trim_end_matches('0');
    let digits = without_end.trim_start_matches('0').to_owned();
    if digits.is_empty() {
        return Normal { negative: false, digits, exponent: 0, beyond: None };
    }
    let dropped = (all.len() - without_end.len()) as i128;
    match power.parse::<i64>() {
        Ok(power) => {
            let exponent = i128::from(power) - fraction.len() as i128 + dropped;
            Normal { negative, digits, exponent, beyond: None }
        }
        Err(_) => Normal { negative, digits, exponent: 0, beyond: Some(token) },
    }
}

/// Returns true if two JSON number tokens have the same value.
#[must_use]
pub fn same_number(left: &str, right: &str) -> bool {
    normal(left) == normal(right)
}

/// Converts a text to a JSON number token, if it is a number in the grammar of supplied numbers. That grammar also allows `+3`, `007`,
/// `10.` and `.5`.
#[must_use]
pub fn number_token(text: &str) -> Option<String> {
    let (sign, rest) = match text.as_bytes().first()? {
        b'-' => ("-", text.get(1..)?),
        b'+' => ("", text.get(1..)?),
        _ => ("", text),
    };
    let (mantissa, power) = match rest.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, Some(power)),
        None => (rest, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = power.map(|power| power.strip_prefix(['+', '-']).unwrap_or(power));
    let is_number = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && unsigned.is_none_or(|power| !power.is_empty() && digits(power));
    if !is_number {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let mut token = format!("{sign}{}", if whole.is_empty() { "0" } else { whole });
    if !fraction.is_empty() {
        token.push('.');
        token.push_str(fraction);
    }
    if let Some(power) = power {
        token.push('e');
        token.push_str(power);
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::{number_token, same_number};

    #[test]
    fn equal_and_different() {
        for (left, right) in [
            ("5", "5.0"),
            ("1e3", "1000"),
            ("0.10", "1E-1"),
            ("-0", "0.0e9"),
            ("120e-1", "12"),
            ("1e99999999999999999999", "1e99999999999999999999"),
        ] {
            assert!(same_number(left, right), "{left} {right}");
        }
        for (left, right) in [
            ("9007199254740993", "9007199254740992"),
            ("5", "-5"),
            ("0.1", "0.01"),
            ("1e3", "100"),
            ("0.1", "0.1000000000000000055511151231257827"),
            ("1e99999999999999999999", "1e99999999999999999998"),
        ] {
            assert!(!same_number(left, right), "{left} {right}");
        }
    }

    #[test]
    fn texts_as_tokens() {
        for (text, token) in
            [("007", "7"), ("+.5", "0.5"), ("10.", "10"), ("-1.50e+2", "-1.50e+2"), ("0", "0")]
        {
            assert_eq!(number_token(text).as_deref(), Some(token), "{text}");
        }
        for text in ["", "-", ".", "1e", "1 ", "0x1", "NaN", "--1", "1.2.3", "e5", "1e+"] {
            assert_eq!(number_token(text), None, "{text}");
        }
    }
}
