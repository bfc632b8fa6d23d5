//! Decimal numbers of any size, stored as digits.

use std::cmp::Ordering;

/// A decimal number, `0.DIGITS × 10^point`, with the number of decimals it was written with.
#[derive(Clone, Debug)]
pub(crate) struct Decimal {
    negative: bool,
    /// Values 0 to 9, the most significant first, without zeros at either end. Zero has no digits.
    digits: Vec<u8>,
    point: i128,
    /// The number of decimals: 1 for `9.5`, 2 for `9.50`, 0 for `10`, −3 for `1e3`.
    scale: i128,
}

impl Decimal {
    /// Parses an optional sign, a decimal number (`1`, `1.`, `1.5` or `.5`) and an optional exponent, without blanks. Exponents beyond
    /// ±10^30 are limited to ±10^30.
    pub(crate) fn parse(text: &str) -> Option<Decimal> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, parse_exponent(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let mut digits = Vec::new();
        for c in whole.chars().chain(fraction.chars()) {
            digits.push(u8::try_from(c.to_digit(10)?).ok()?);
        }
        let point = length(whole.len()) + exponent;
        Some(Decimal::new(negative, digits, point, length(fraction.len()) - exponent))
    }

    /// Returns the exact value of a double, with as many decimals as it needs, or `None` if it is not finite.
    pub(crate) fn exact(number: f64) -> Option<Decimal> {
        if !number.is_finite() {
            return None;
        }
        let bits = number.to_bits();
        let raw = (bits >> 52) & 0x7ff;
        let fraction = bits & ((1 << 52) - 1);
        // number = significand × 2^power
        let mut significand = if raw == 0 { fraction } else { fraction | 1 << 52 };
        let mut power = i64::try_from(raw.max(1)).ok()? - 1075;
        while significand != 0 && significand % 2 == 0 {
            significand /= 2;
            power += 1;
        }
        let mut digits: Vec<u8> = significand.to_string().bytes().map(|b| b - b'0').collect();
        // 2^-n = 5^n / 10^n
        let halvings = if significand == 0 { 0 } else { (-power).max(0) };
        for _ in 0..halvings {
            multiply(&mut digits, 5);
        }
        if significand != 0 {
            for _ in 0..power.max(0) {
                multiply(&mut digits, 2);
            }
        }
        let scale = i128::from(halvings);
        let point = length(digits.len()) - scale;
        Some(Decimal::new(number < 0.0, digits, point, scale))
    }

    fn new(negative: bool, mut digits: Vec<u8>, mut point: i128, scale: i128) -> Decimal {
        let leading = digits.iter().take_while(|d| **d == 0).count();
        digits.drain(..leading);
        point -= length(leading);
        while digits.last() == Some(&0) {
            digits.pop();
        }
        if digits.is_empty() {
            return Decimal { negative: false, digits, point: 0, scale };
        }
        Decimal { negative, digits, point, scale }
    }

    pub(crate) fn scale(&self) -> i128 {
        self.scale
    }

    /// Returns the value as an integer, limited to the range of `i64`, or `None` if it has a fraction.
    pub(crate) fn integer(&self) -> Option<i64> {
        let size = length(self.digits.len());
        if self.point < size {
            return None;
        }
        let mut value: i128 = 0;
        for place in 0..self.point.min(30) {
            let digit =
                usize::try_from(place).ok().and_then(|p| self.digits.get(p)).copied().unwrap_or(0);
            value = value * 10 + i128::from(digit);
        }
        let signed = if self.negative { -value } else { value };
        i64::try_from(signed.clamp(i128::from(i64::MIN), i128::from(i64::MAX))).ok()
    }

    fn sign(&self) -> i8 {
        match (self.digits.is_empty(), self.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        }
    }

    /// Compares by value.
    pub(crate) fn order(&self, other: &Decimal) -> Ordering {
        // Digits have no zeros at either end, so that numbers of equal `point` compare like text.
        let sizes = self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits));
        self.sign().cmp(&other.sign()).then(match self.sign() {
            0 => Ordering::Equal,
            1 => sizes,
            _ => sizes.reverse(),
        })
    }
}

fn length(count: usize) -> i128 {
    i128::try_from(count).unwrap_or(i128::MAX)
}

fn parse_exponent(text: &str) -> Option<i128> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let limit = 10_i128.pow(30);
    let size = digits.parse::<i128>().map_or(limit, |n| n.min(limit));
    Some(if text.starts_with('-') { -size } else { size })
}

fn multiply(digits: &mut Vec<u8>, factor: u8) {
    let mut carry = 0;
    for digit in digits.iter_mut().rev() {
        let product = *digit * factor + carry;
        *digit = product % 10;
        carry = product / 10;
    }
    if carry > 0 {
        digits.insert(0, carry);
    }
}
