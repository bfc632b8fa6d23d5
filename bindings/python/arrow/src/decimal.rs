//! The texts of decimals, as Python's `decimal.Decimal` writes them, so that a column of decimals gives the attributes that single
//! contexts with the same decimals have.

use std::fmt::Write as _;

/// Writes the text of an integer of two's complement, least significant byte first, divided by a power of ten.
pub(crate) fn write(text: &mut String, bytes: &[u8], scale: i32) {
    let is_negative = bytes.last().is_some_and(|last| *last >= 0x80);
    let digits = digits(bytes, is_negative);
    if is_negative {
        text.push('-');
    }
    let exponent = -i64::from(scale);
    let adjusted = exponent + digits.len() as i64 - 1;
    if exponent > 0 || adjusted < -6 {
        let (first, rest) = digits.split_at(1);
        text.push_str(first);
        if !rest.is_empty() {
            text.push('.');
            text.push_str(rest);
        }
        let _ = write!(text, "E{adjusted:+}");
        return;
    }
    let fraction = exponent.unsigned_abs() as usize;
    match digits.len().checked_sub(fraction) {
        Some(whole) if whole > 0 => {
            let (whole, rest) = digits.split_at(whole);
            text.push_str(whole);
            if !rest.is_empty() {
                text.push('.');
                text.push_str(rest);
            }
        }
        _ => {
            text.push_str("0.");
            text.extend(std::iter::repeat_n('0', fraction.saturating_sub(digits.len())));
            text.push_str(&digits);
        }
    }
}

/// Returns the decimal digits of the magnitude, without leading zeros; `0` for zero.
fn digits(bytes: &[u8], is_negative: bool) -> String {
    /// Nine digits fit into 32 bits.
    const GROUP: u64 = 1_000_000_000;
    let mut carry = is_negative;
    let magnitude: Vec<u8> = bytes
        .iter()
        .map(|byte| {
            if !is_negative {
                return *byte;
            }
            let (negated, overflows) = (!byte).overflowing_add(u8::from(carry));
            carry = overflows;
            negated
        })
        .collect();
    let (words, _) = magnitude.as_chunks::<4>();
    let mut words: Vec<u32> = words.iter().map(|word| u32::from_le_bytes(*word)).collect();
    let mut groups = Vec::new();
    while words.iter().any(|word| *word != 0) {
        let mut rest = 0;
        for word in words.iter_mut().rev() {
            let value = (rest << 32) | u64::from(*word);
            *word = (value / GROUP) as u32;
            rest = value % GROUP;
        }
        groups.push(rest);
    }
    let mut text = String::new();
    for (position, group) in groups.iter().rev().enumerate() {
        let _ = if position == 0 { write!(text, "{group}") } else { write!(text, "{group:09}") };
    }
    if text.is_empty() { "0".to_string() } else { text }
}

#[cfg(test)]
mod tests {
    fn text(value: i128, scale: i32) -> String {
        let mut text = String::new();
        super::write(&mut text, &value.to_le_bytes(), scale);
        text
    }

    #[test]
    fn decimals_are_written_as_python_writes_them() {
        let cases: [(i128, i32, &str); 14] = [
            (750, 2, "7.50"),
            (-750, 2, "-7.50"),
            (0, 0, "0"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (5, 6, "0.000005"),
            (1, 7, "1E-7"),
            (12, 8, "1.2E-7"),
            (0, 10, "0E-10"),
            (3, -2, "3E+2"),
            (123, -2, "1.23E+4"),
            (1_000_000_000, 0, "1000000000"),
            (i128::MAX, 0, "170141183460469231731687303715884105727"),
            (i128::MIN, 0, "-170141183460469231731687303715884105728"),
        ];
        for (value, scale, expected) in cases {
            assert_eq!(text(value, scale), expected, "{value} with the scale {scale}");
        }
        let mut wide = [0; 32];
        wide[31] = 0x80;
        let mut text = String::new();
        super::write(&mut text, &wide, 0);
        let power = "57896044618658097711785492504343953926634992332820282019728792003956564819968";
        assert_eq!(text, format!("-{power}"));
    }
}
