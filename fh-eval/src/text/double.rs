//! The nearest double of a decimal number. The standard library's conversion gives the same doubles, but its tables take 10 KB of
//! a WebAssembly module.

use std::cmp::Ordering;

use super::number::Decimal;

/// Maximum number of digits that an integer of 53 bits always holds.
const MAX_EXACT_DIGITS: usize = 15;
/// The largest power of ten that a double holds exactly.
const MAX_EXACT_POWER: u64 = 22;
/// Smaller numbers are nearer to 0 than to the least positive double, 4.9e-324.
const LEAST_MAGNITUDE: i64 = -323;
/// Larger numbers are beyond the largest double, 1.8e308.
const LARGEST_MAGNITUDE: i64 = 309;
/// Number of digits that are read. A number halfway between two doubles has at most 767 digits, so one more digit that is not
/// 0 can replace all digits that follow.
const MAX_DIGITS: usize = 800;
/// The exponent of the last bit of the least positive double.
const LEAST_EXPONENT: i64 = -1074;
/// Number of bits of a double's fraction.
const FRACTION_BITS: u32 = 52;
/// The exponent bits of an infinite double.
const INFINITE_EXPONENT: u64 = 2047;

/// Returns the double that is nearest to a decimal number, or `None` for a text that is no decimal number.
/// A number halfway between two doubles is rounded to the even one. Zero keeps its sign.
pub(crate) fn nearest_double(text: &str) -> Option<f64> {
    let number = Decimal::parse(text)?;
    let size = size(&number);
    Some(if text.starts_with('-') { -size } else { size })
}

/// Returns the nearest double of a number without its sign.
fn size(number: &Decimal<'_>) -> f64 {
    let magnitude = number.magnitude();
    let count = number.significant().count();
    if count == 0 || magnitude < LEAST_MAGNITUDE {
        return 0.0;
    }
    if magnitude > LARGEST_MAGNITUDE {
        return f64::INFINITY;
    }
    // The number is an integer of all digits, multiplied by this power of ten.
    let power = magnitude - count as i64;
    if count <= MAX_EXACT_DIGITS && power.unsigned_abs() <= MAX_EXACT_POWER {
        let digits = number.significant().fold(0, |n: u64, digit| n * 10 + u64::from(digit - b'0'));
        let factor = (0..power.unsigned_abs()).fold(1.0, |factor, _| factor * 10.0);
        return if power < 0 { digits as f64 / factor } else { digits as f64 * factor };
    }
    let mut numerator = Natural::default();
    for digit in number.significant().take(MAX_DIGITS) {
        numerator.multiply_add(10, u32::from(digit - b'0'));
    }
    let mut power = magnitude - count.min(MAX_DIGITS) as i64;
    if count > MAX_DIGITS {
        numerator.multiply_add(10, 1);
        power -= 1;
    }
    let mut denominator = Natural::default();
    denominator.multiply_add(0, 1);
    // A power of ten is a power of five times a power of two, and only the first one needs long numbers.
    let scaled = if power < 0 { &mut denominator } else { &mut numerator };
    scaled.multiply_by_power_of_five(power.unsigned_abs() as u32);
    quotient(numerator, denominator, power)
}

/// Returns the double that is nearest to the quotient of two positive numbers, multiplied by a power of two.
fn quotient(mut numerator: Natural, mut denominator: Natural, power: i64) -> f64 {
    // The quotient is made at least 1 and less than 2, and is then multiplied by 2 to the power of `exponent`.
    let mut exponent = numerator.bits() as i64 - denominator.bits() as i64;
    let shifted = if exponent < 0 { &mut numerator } else { &mut denominator };
    shifted.shift_left(exponent.unsigned_abs() as usize);
    if numerator.compare(&denominator).is_lt() {
        numerator.shift_left(1);
        exponent -= 1;
    }
    let mut bits: u64 = 0;
    for _ in 0..u64::BITS {
        bits <<= 1;
        if numerator.compare(&denominator).is_ge() {
            numerator.subtract(&denominator);
            bits |= 1;
        }
        numerator.shift_left(1);
    }
    let is_exact = numerator.bits() == 0;
    exponent += power;
    // The exponent of the last bit of the double, and the number of bits of the quotient below it.
    let last = (exponent - i64::from(FRACTION_BITS)).max(LEAST_EXPONENT);
    let below = (last - (exponent - i64::from(u64::BITS - 1))) as u32;
    let kept = bits.checked_shr(below).unwrap_or(0);
    let half = 1_u64.checked_shl(below - 1).unwrap_or(0);
    let rest = bits - kept.checked_shl(below).unwrap_or(0);
    let is_up = match rest.cmp(&half) {
        _ if half == 0 => false,
        Ordering::Equal => !is_exact || kept % 2 == 1,
        order => order.is_gt(),
    };
    let fraction = kept + u64::from(is_up);
    // The leading bit of the fraction adds 1 to the exponent bits. Numbers below the normal range have no leading bit.
    let bits = (((last - LEAST_EXPONENT) as u64) << FRACTION_BITS) + fraction;
    f64::from_bits(bits.min(INFINITE_EXPONENT << FRACTION_BITS))
}

/// A number from 0 on of any size: groups of 32 bits, the lowest first. The last group is not 0.
#[derive(Debug, Default)]
struct Natural(Vec<u32>);

impl Natural {
    fn multiply_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for group in &mut self.0 {
            carry += u64::from(*group) * u64::from(factor);
            *group = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn multiply_by_power_of_five(&mut self, mut power: u32) {
        // The largest power of five that fits into 32 bits.
        const STEP: u32 = 13;
        while power > 0 {
            let step = power.min(STEP);
            self.multiply_add(5_u32.pow(step), 0);
            power -= step;
        }
    }

    /// Returns the number of bits without leading zeros.
    fn bits(&self) -> usize {
        let leading = self.0.last().map_or(0, |group| group.leading_zeros());
        32 * self.0.len() - leading as usize
    }

    fn shift_left(&mut self, bits: usize) {
        self.multiply_add(1 << (bits % 32), 0);
        if !self.0.is_empty() {
            self.0.splice(0..0, std::iter::repeat_n(0, bits / 32));
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Subtracts a number that is not larger.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        let others = other.0.iter().copied().chain(std::iter::repeat(0));
        for (group, other) in self.0.iter_mut().zip(others) {
            let (difference, first) = group.overflowing_sub(other);
            let (difference, second) = difference.overflowing_sub(u32::from(borrow));
            *group = difference;
            borrow = first || second;
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Asserts that a text has the double of the standard library.
    fn check(text: &str) {
        let expected: f64 = text.parse().unwrap();
        let found = nearest_double(text).unwrap();
        assert_eq!(found.to_bits(), expected.to_bits(), "{text}: {found:e}, expected {expected:e}");
    }

    #[test]
    fn the_doubles_are_those_of_the_standard_library() {
        for text in [
            "0",
            "-0",
            "-0.0",
            "0e9",
            "1",
            "+7.50",
            "-7.5",
            ".5",
            "10.",
            "1e22",
            "1e23",
            "-1e-22",
            "123456789012345e22",
            "123456789012345e-22",
            "999999999999999e23",
            "9007199254740993",
            "9007199254740992.99999999999999999999999999999",
            "9007199254740993.00000000000000000000000001",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "1.797693134862315807e308",
            "1.797693134862315808e308",
            "1e308",
            "1e309",
            "1e310",
            "-1e400",
            "1e999999999999999999999",
            "2.2250738585072014e-308",
            "2.2250738585072011e-308",
            "2.225073858507201e-308",
            "5e-324",
            "4.9e-324",
            "2.5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.47e-324",
            "1e-323",
            "1e-324",
            "1e-325",
            "1e-999999999999999999999",
            "0.1",
            "0.3",
            "6.02214076e23",
        ] {
            check(text);
            check(&format!("-{}", text.trim_start_matches(['+', '-'])));
        }
        for text in ["", "-", "ten", "1e", "inf", "NaN", "0x1", "1 "] {
            assert_eq!(nearest_double(text), None, "{text}");
        }
        // The exact values of doubles, also with one more digit far behind.
        for double in [f64::MIN_POSITIVE, 5e-324, 1.1, 1e300, 0.1, 123e-200] {
            let next = f64::from_bits(double.to_bits() + 1);
            for text in [format!("{double:.1074}"), format!("{next:.1074}")] {
                check(&text);
                check(&format!("{text}{}1", "0".repeat(1000)));
            }
        }
        // Halfway between 1 and the next double.
        let halfway = "1.00000000000000011102230246251565404236316680908203125";
        for text in
            [halfway, &format!("{halfway}{}1", "0".repeat(2000)), &halfway.replace("3125", "3124")]
        {
            check(text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn drawn_numbers_have_the_doubles_of_the_standard_library(
            text in "-?[0-9]{1,40}(\\.[0-9]{0,30})?(e-?[0-9]{1,3})?",
            bits in any::<u64>(),
            tail in "[0-9]{0,3}",
        ) {
            check(&text);
            let double = f64::from_bits(bits);
            if double.is_finite() {
                check(&format!("{double:e}"));
                let double = double.abs();
                if (1e-290..1e300).contains(&double) {
                    check(&format!("{}{tail}", halfway(double)));
                }
            }
        }
    }

    /// Returns the exact decimal text of the number halfway from a double to the next larger one.
    fn halfway(double: f64) -> String {
        // Both numbers have decimals that end, so their digits are added.
        let half = (f64::from_bits(double.to_bits() + 1) - double) / 2.0;
        let (one, other) = (format!("{double:.1074}"), format!("{half:.1074}"));
        let others = other.bytes().rev().chain(std::iter::repeat(b'0'));
        let mut carry = 0;
        let mut digits = Vec::new();
        for (one, other) in one.bytes().rev().zip(others) {
            if one == b'.' {
                digits.push(one);
                continue;
            }
            let sum = one - b'0' + (other - b'0') + carry;
            digits.push(sum % 10 + b'0');
            carry = sum / 10;
        }
        digits.push(carry + b'0');
        digits.reverse();
        String::from_utf8(digits).unwrap()
    }
}
