//! Doubles as Go reads them, which FeatureSignals' server does.

/// Reads a double. Returns `None` for a text that is no number, for NaN, which no comparison accepts, and for a number beyond the range of
/// doubles. A number that is too small is zero.
pub(crate) fn read(text: &str) -> Option<f64> {
    let (is_negative, rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let is_infinite = ["inf", "infinity"].iter().any(|name| rest.eq_ignore_ascii_case(name));
    let hexadecimal = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X"));
    let size = match hexadecimal {
        _ if is_infinite => f64::INFINITY,
        Some(digits) => finite(hexadecimal_double(digits)?)?,
        None => finite(decimal_double(rest)?)?,
    };
    Some(if is_negative { -size } else { size })
}

fn finite(double: f64) -> Option<f64> {
    double.is_finite().then_some(double)
}

/// Returns true if each underscore is between two digits. `is_after_prefix` is true if a digit precedes the text.
fn has_good_underscores(text: &str, is_after_prefix: bool, is_digit: fn(&u8) -> bool) -> bool {
    let bytes = text.as_bytes();
    let is_between = |at: usize| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let follows = before.map_or(is_after_prefix, is_digit);
        follows && bytes.get(at + 1).is_some_and(is_digit)
    };
    (0..bytes.len()).all(|at| bytes.get(at) != Some(&b'_') || is_between(at))
}

/// Splits digits with a point and an exponent into the digits before and after the point, and the exponent. Only the digits may have
/// underscores. `None` if a part has another form.
fn parts(
    text: &str,
    mark: [char; 2],
    is_digit: fn(&u8) -> bool,
) -> Option<(&str, &str, Option<i64>)> {
    let (mantissa, exponent) = match text.find(mark) {
        Some(at) => (text.get(..at)?, Some(text.get(at + 1..)?)),
        None => (text, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte == b'_' || is_digit(&byte));
    let count = whole.bytes().chain(fraction.bytes()).filter(is_digit).count();
    if !are_digits(whole) || !are_digits(fraction) || count == 0 {
        return None;
    }
    let exponent = match exponent {
        None => None,
        Some(exponent) => {
            let (is_negative, digits) = match exponent.as_bytes().first()? {
                b'-' => (true, exponent.get(1..)?),
                b'+' => (false, exponent.get(1..)?),
                _ => (false, exponent),
            };
            let is_plain = digits.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit());
            if !is_plain || !digits.bytes().next()?.is_ascii_digit() {
                return None;
            }
            // An exponent beyond ten thousand gives the same double as ten thousand.
            let size = digits.bytes().filter(u8::is_ascii_digit).fold(0_i64, |size, digit| {
                (size * 10 + i64::from(digit - b'0')).min(1_000_000_000)
            });
            Some(if is_negative { -size } else { size })
        }
    };
    Some((whole, fraction, exponent))
}

fn decimal_double(text: &str) -> Option<f64> {
    parts(text, ['e', 'E'], u8::is_ascii_digit)?;
    if !has_good_underscores(text, false, u8::is_ascii_digit) {
        return None;
    }
    if text.contains('_') { text.replace('_', "").parse().ok() } else { text.parse().ok() }
}

/// Reads the digits after `0x`. The exponent, which begins with `p`, is required. The double is rounded to the nearest one, and to the even
/// one of two that are equally near.
fn hexadecimal_double(text: &str) -> Option<f64> {
    let (whole, fraction, exponent) = parts(text, ['p', 'P'], u8::is_ascii_hexdigit)?;
    if !has_good_underscores(text, true, u8::is_ascii_hexdigit) {
        return None;
    }
    let mut mantissa = 0_u64;
    // The binary exponent of the mantissa's last bit.
    let mut shift = exponent?;
    let mut is_inexact = false;
    for (digits, is_fraction) in [(whole, false), (fraction, true)] {
        for digit in digits.bytes().filter(u8::is_ascii_hexdigit) {
            let value = char::from(digit).to_digit(16)?;
            if mantissa < 1 << 59 {
                mantissa = mantissa << 4 | u64::from(value);
                shift -= if is_fraction { 4 } else { 0 };
            } else {
                is_inexact |= value != 0;
                shift += if is_fraction { 0 } else { 4 };
            }
        }
    }
    Some(scaled(mantissa, is_inexact, shift))
}

/// Returns `mantissa × 2^shift`, rounded once. `is_inexact` is true if the number is larger than that, by less than the mantissa's last bit.
fn scaled(mantissa: u64, is_inexact: bool, shift: i64) -> f64 {
    /// The binary exponent of the smallest double.
    const LEAST: i64 = -1074;
    if mantissa == 0 {
        return 0.0;
    }
    let bits = i64::from(64 - mantissa.leading_zeros());
    let Some(exponent) = bits.checked_add(shift) else { return f64::INFINITY };
    if exponent > 1024 {
        return f64::INFINITY;
    }
    // Number of bits to drop, so that 53 bits remain, or fewer near zero.
    let dropped = (bits - 53).max(LEAST - shift);
    if dropped > 64 {
        return 0.0;
    }
    let (kept, shift) = if dropped <= 0 {
        (mantissa, shift)
    } else {
        let (kept, rest, half) = match u32::try_from(dropped) {
            Ok(dropped @ 1..=63) => {
                (mantissa >> dropped, mantissa & ((1 << dropped) - 1), 1_u64 << (dropped - 1))
            }
            _ => (0, mantissa, 1 << 63),
        };
        let rounds_up = rest > half || (rest == half && (is_inexact || kept & 1 == 1));
        (kept + u64::from(rounds_up), shift + dropped)
    };
    // Both factors are exact: the first has at most 53 bits, and the powers of two are doubles.
    let mut double = kept as f64;
    let mut shift = shift;
    while shift > 0 {
        let step = shift.min(1000);
        double *= 2_f64.powi(step as i32);
        shift -= step;
    }
    while shift < 0 {
        let step = shift.max(-1000);
        double *= 2_f64.powi(step as i32);
        shift -= step;
    }
    double
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_numbers_of_go() {
        for (text, double) in [
            ("10", Some(10.0)),
            ("-1", Some(-1.0)),
            ("+5", Some(5.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e3", Some(1000.0)),
            ("1E-2", Some(0.01)),
            ("1_000", Some(1000.0)),
            ("1e1_0", Some(1e10)),
            ("0_1", Some(1.0)),
            ("0x1p4", Some(16.0)),
            ("0x_1p4", Some(16.0)),
            ("-0X1.8p1", Some(-3.0)),
            ("0x.8p0", Some(0.5)),
            ("0xA_Bp0", Some(171.0)),
            ("0x1.00000000000008p0", Some(1.0)),
            ("0x1.000000000000081p0", Some(1.000_000_000_000_000_2)),
            ("0x1.00000000000018p0", Some(1.000_000_000_000_000_4)),
            ("0x1p-1074", Some(f64::from_bits(1))),
            ("0x1p-1075", Some(0.0)),
            ("0x1.8p-1075", Some(f64::from_bits(1))),
            ("0x1.fffffffffffffp1023", Some(f64::MAX)),
            ("0x1.fffffffffffff8p1023", None),
            ("0x1p1024", None),
            ("0x1p99999999999", None),
            ("0x1p-99999999999", Some(0.0)),
            ("0x0p99999999999", Some(0.0)),
            ("inf", Some(f64::INFINITY)),
            ("-Infinity", Some(f64::NEG_INFINITY)),
            ("1e-400", Some(0.0)),
            ("1e400", None),
            ("NaN", None),
            ("", None),
            ("+", None),
            (".", None),
            ("1e", None),
            ("1e+", None),
            ("0x10", None),
            ("0xp1", None),
            ("0x1p", None),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("1_.5", None),
            ("1_e5", None),
            ("1e_5", None),
            (" 1", None),
            ("1 ", None),
            ("0b1", None),
            ("１２", None),
            ("true", None),
            ("1e5e5", None),
            ("--1", None),
        ] {
            assert_eq!(read(text), double, "{text}");
        }
    }
}
