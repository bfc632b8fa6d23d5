//! Numbers as exact decimals. Supplied texts are compared digit by digit, without a copy and without
//! rounding through binary floating point.

use std::cmp::Ordering;

/// The limit to which exponents are clamped, so that arithmetic on them cannot overflow. Numbers whose exponents have
/// more than fifteen digits may therefore compare as equal.
const EXPONENT_LIMIT: i64 = 1_000_000_000_000_000;

/// The least positive number whose nearest double is infinite: 2¹⁰²⁴ − 2⁹⁷⁰. It is halfway between the largest double and the
/// next power of two, and numbers halfway are rounded to even.
const FIRST_INFINITE: &str = "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497792";

/// A decimal number that borrows the text from which it was parsed. It is ordered by value; `==` is numeric equality.
///
/// ```
/// use fh_eval::internal::text::number::Decimal;
/// let read = Decimal::parse;
/// assert_eq!(read("10"), read("1e1"));
/// assert_eq!(read("+.50"), read("0.5"));
/// assert!(read("9007199254740993") > read("9007199254740992"));
/// assert!(read("ten").is_none() && read(" 1").is_none() && read("0x1").is_none() && read("NaN").is_none());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Decimal<'a> {
    negative: bool,
    /// The text from the first to the last significant digit, possibly with a decimal point. Empty for zero.
    digits: &'a [u8],
    /// Decimal exponent of the number. The number without its sign is `0.digits × 10^magnitude`, where a decimal point
    /// in `digits` is left out.
    magnitude: i64,
    /// Number of digits that the text has after the decimal point, minus the exponent: 2 for `9.50`, −3 for `1e3`.
    scale: i64,
}

impl<'a> Decimal<'a> {
    /// Parses `[+-]digits[.digits][e[+-]digits]`, and returns `None` for any other text. The digits before or after the
    /// point can be missing, but not both.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (negative, bytes) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            _ => (false, bytes),
        };
        let mantissa =
            bytes.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b'.').count();
        let (mantissa, rest) = bytes.split_at_checked(mantissa)?;
        let point = mantissa.iter().position(|byte| *byte == b'.');
        let integer_digits = point.unwrap_or(mantissa.len());
        let decimals = mantissa.len() - integer_digits - usize::from(point.is_some());
        if integer_digits + decimals == 0
            || mantissa.iter().filter(|byte| **byte == b'.').count() > 1
        {
            return None;
        }
        let exponent = match rest {
            [] => 0,
            [b'e' | b'E', rest @ ..] => exponent(rest)?,
            _ => return None,
        };
        let significant = |byte: &u8| matches!(byte, b'1'..=b'9');
        let scale = decimals as i64 - exponent;
        let Some(first) = mantissa.iter().position(significant) else {
            return Some(Self { negative: false, digits: &[], magnitude: 0, scale });
        };
        let last = mantissa.iter().rposition(significant)?;
        let magnitude = if first < integer_digits {
            (integer_digits - first) as i64
        } else {
            integer_digits as i64 + 1 - first as i64
        };
        Some(Self {
            negative,
            digits: mantissa.get(first..=last)?,
            magnitude: magnitude + exponent,
            scale,
        })
    }

    /// Returns the number as an integer, clamped to 64 bits, or `None` if the number is not integral.
    ///
    /// ```
    /// use fh_eval::internal::text::number::Decimal;
    /// let integer = |text| Decimal::parse(text).unwrap().integer();
    /// assert_eq!(integer("20.0"), Some(20));
    /// assert_eq!(integer("20.5"), None);
    /// assert_eq!(integer("-1e30"), Some(i64::MIN));
    /// ```
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        let zeros =
            usize::try_from(self.magnitude).ok()?.checked_sub(self.significant().count())?;
        // 20 digits exceed 64 bits, so further zeros do not change the result.
        let zeros = std::iter::repeat_n(b'0', zeros.min(20));
        let digits = self.significant().chain(zeros).map(|digit| i64::from(digit - b'0'));
        Some(digits.fold(0, |value: i64, digit| {
            let value = value.saturating_mul(10);
            if self.negative { value.saturating_sub(digit) } else { value.saturating_add(digit) }
        }))
    }

    /// Returns true if the nearest double is finite. Uses no conversion to a double, because the tables of such a conversion
    /// are a large part of a WebAssembly module.
    ///
    /// ```
    /// use fh_eval::internal::text::number::Decimal;
    /// let has_finite_double = |text| Decimal::parse(text).unwrap().has_finite_double();
    /// assert!(has_finite_double("-1.7976931348623157e308"));
    /// assert!(!has_finite_double("-1.797693134862315808e308"));
    /// ```
    #[must_use]
    pub fn has_finite_double(&self) -> bool {
        Self::parse(FIRST_INFINITE).is_some_and(|limit| Self { negative: false, ..*self } < limit)
    }

    /// Returns the decimal exponent: the number without its sign is `0.digits × 10^magnitude`.
    pub(super) fn magnitude(&self) -> i64 {
        self.magnitude
    }

    /// Returns the digits from the first to the last that is not 0, as ASCII characters.
    pub(super) fn significant(&self) -> impl Iterator<Item = u8> {
        self.digits.iter().copied().filter(|byte| *byte != b'.')
    }

    /// Returns true if the numbers are equal in value and have the same number of decimals, as Java's
    /// `BigDecimal.equals` (profile `edge`).
    #[must_use]
    pub fn same_with_scale(&self, other: &Self) -> bool {
        self.scale == other.scale && self == other
    }
}

fn exponent(bytes: &[u8]) -> Option<i64> {
    let (sign, digits) = match bytes {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, bytes),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits
        .iter()
        .fold(0_i64, |n, digit| (n * 10 + i64::from(digit - b'0')).min(EXPONENT_LIMIT));
    Some(sign * size)
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let sign = |number: &Self| match (number.digits.is_empty(), number.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        let by_size = || {
            self.magnitude
                .cmp(&other.magnitude)
                .then_with(|| self.significant().cmp(other.significant()))
        };
        match (sign(self), sign(other)) {
            (-1, -1) => by_size().reverse(),
            (1, 1) => by_size(),
            (left, right) => left.cmp(&right),
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Decimal<'_> {}

/// A decimal number that owns its digits, such as the value of a rule, which is parsed once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedDecimal {
    negative: bool,
    digits: Box<[u8]>,
    magnitude: i64,
    scale: i64,
}

impl OwnedDecimal {
    /// Returns the number as a borrowed decimal, for comparison.
    #[must_use]
    pub fn as_decimal(&self) -> Decimal<'_> {
        Decimal {
            negative: self.negative,
            digits: &self.digits,
            magnitude: self.magnitude,
            scale: self.scale,
        }
    }

    /// Returns the number of significant digits.
    pub(crate) fn digits(&self) -> usize {
        self.digits.len()
    }

    /// Returns the exact binary value of a double, with all of its decimals, or `None` for infinities and NaN. For
    /// example, 10.1 gives 10.0999999999999996447…, and 10.0 gives 10 without decimals (profile `edge`).
    #[must_use]
    pub fn from_double(double: f64) -> Option<Self> {
        if !double.is_finite() {
            return None;
        }
        // 1074 decimals are enough to write every double exactly.
        let text = format!("{double:.1074}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        Decimal::parse(text).map(Self::from)
    }
}

impl From<Decimal<'_>> for OwnedDecimal {
    fn from(number: Decimal<'_>) -> Self {
        Self {
            negative: number.negative,
            digits: number.significant().collect(),
            magnitude: number.magnitude,
            scale: number.scale,
        }
    }
}

/// Returns a finite double as Java prints it since JDK 19: `5.0`, `1.0E21`, `1.0E-5`. FeatureHub's server compares rule
/// values with a fraction or an exponent as this text where it compares texts.
#[must_use]
pub fn java_double_text(double: f64) -> String {
    let size = double.abs();
    if double == 0.0 || (1e-3..1e7).contains(&size) {
        return format!("{double:?}");
    }
    let scientific = format!("{double:e}");
    match scientific.split_once('e') {
        Some((mantissa, exponent)) if mantissa.contains('.') => format!("{mantissa}E{exponent}"),
        Some((mantissa, exponent)) => format!("{mantissa}.0E{exponent}"),
        None => scientific,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn number(text: &str) -> Decimal<'_> {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn grammar() {
        for text in ["10.", ".5", "+3", "007", "1e3", "-0", "1E+3", "1e-3", "00.00"] {
            assert!(Decimal::parse(text).is_some(), "{text}");
        }
        for text in [
            "", ".", "+", "-", "e3", "1e", "1e+", "1.2.3", " 1", "1 ", "1_0", "0x1", "NaN",
            "Infinity", "--1", "1e3.5", "٣", "1,5", ".e1",
        ] {
            assert!(Decimal::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn compares_by_value() {
        for (left, right) in [
            ("10", "10.0"),
            ("10", "1e1"),
            ("0", "-0.00"),
            ("0e99", "0"),
            (".5", "5e-1"),
            ("100", "0.1e3"),
            ("-7.50", "-7.5"),
            ("1e99999999999999999999", "1e99999999999999999999"),
        ] {
            assert_eq!(number(left), number(right), "{left} {right}");
        }
        for (less, more) in [
            ("9", "10"),
            ("-10", "-9"),
            ("-1", "0"),
            ("0", "1e-99999999999999999999"),
            ("0.09", "0.1"),
            ("9.99", "10"),
            ("1e-1", "0.11"),
            ("-0.2", "-0.1"),
            ("12", "120"),
        ] {
            assert!(number(less) < number(more), "{less} {more}");
            assert!(number(more) > number(less), "{less} {more}");
        }
    }

    #[test]
    fn scale_is_as_written() {
        assert!(number("9.5").same_with_scale(&number("9.5")));
        assert!(!number("9.50").same_with_scale(&number("9.5")));
        assert!(!number("1e3").same_with_scale(&number("1000")));
        assert!(number("10.0").same_with_scale(&number("100e-1")));
    }

    #[test]
    fn the_limit_of_doubles_is_that_of_std() {
        let below = format!("{}1.999999", FIRST_INFINITE.strip_suffix("2").unwrap());
        let above = format!("{FIRST_INFINITE}.000001");
        for text in [
            FIRST_INFINITE,
            &below,
            &above,
            "1e308",
            "1e309",
            "1.7976931348623158e308",
            "0",
            "1e-400",
        ] {
            for text in [text.to_string(), format!("-{text}")] {
                let double: f64 = text.parse().unwrap();
                assert_eq!(number(&text).has_finite_double(), double.is_finite(), "{text}");
            }
        }
    }

    #[test]
    fn doubles_are_exact() {
        let exact = OwnedDecimal::from_double(10.1).unwrap();
        assert!(exact.as_decimal() < number("10.1"));
        assert_eq!(
            exact.as_decimal(),
            number("10.0999999999999996447286321199499070644378662109375")
        );
        assert!(
            OwnedDecimal::from_double(10.0).unwrap().as_decimal().same_with_scale(&number("10"))
        );
        assert!(
            OwnedDecimal::from_double(9.5).unwrap().as_decimal().same_with_scale(&number("9.5"))
        );
        assert!(
            OwnedDecimal::from_double(100.0).unwrap().as_decimal().same_with_scale(&number("100"))
        );
        assert_eq!(
            OwnedDecimal::from_double(5e-324).unwrap().as_decimal().cmp(&number("5e-324")),
            Ordering::Less
        );
        assert!(OwnedDecimal::from_double(f64::INFINITY).is_none());
    }

    #[test]
    fn java_text() {
        for (double, text) in [
            (5.0, "5.0"),
            (1e21, "1.0E21"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (1e7, "1.0E7"),
            (9_999_999.5, "9999999.5"),
            (-0.0, "-0.0"),
            (1.25e-9, "1.25E-9"),
            (12_345_678.9, "1.23456789E7"),
        ] {
            assert_eq!(java_double_text(double), text);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_integers(left in any::<i64>(), right in any::<i64>(), zeros in 0_usize..4) {
            let a = format!("{left}.{}", "0".repeat(zeros));
            let b = format!("{right}");
            prop_assert_eq!(number(&a).cmp(&number(&b)), left.cmp(&right));
        }

        #[test]
        fn moving_the_point_changes_nothing(digits in "[0-9]{1,12}", exponent in -20_i64..20) {
            let plain = format!("{digits}e{exponent}");
            let shifted = format!(".{digits}e{}", exponent + digits.len() as i64);
            prop_assert_eq!(number(&plain), number(&shifted));
        }

        #[test]
        fn accepted_decimals_have_the_sign_that_std_reads(text in "[-+.eE0-9 x]{0,8}") {
            // A text that the decimal parser accepts is accepted by Rust's parser too, with the same sign.
            if let Some(decimal) = Decimal::parse(&text) {
                let float: f64 = text.parse().unwrap();
                prop_assert_eq!(float == 0.0 || float.is_infinite() || (float < 0.0) == decimal.negative, true);
            }
        }
    }
}
