//! Doubles as .NET reads them in the invariant culture, which FeatBit's server does.

/// The doubles that a comparison accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoubleGrammar {
    /// All doubles, with `Infinity`, and with infinity for a number beyond the range of doubles.
    All,
    /// Finite doubles only.
    Finite,
}

impl DoubleGrammar {
    /// Reads a double. Returns `None` for a text that is no number, and for NaN, which no comparison accepts.
    pub(crate) fn read(self, text: &str) -> Option<f64> {
        let is_space = |c: char| matches!(c, '\t'..='\r' | ' ');
        // .NET also skips zero bytes at the end.
        let text = text.trim_end_matches('\0').trim_matches(is_space);
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let size =
            if rest.eq_ignore_ascii_case("infinity") { f64::INFINITY } else { decimal(rest)? };
        let double = if is_negative { -size } else { size };
        (self == Self::All || double.is_finite()).then_some(double)
    }
}

/// Reads digits with commas before the point, a fraction and an exponent. It allocates only for a number with commas.
fn decimal(text: &str) -> Option<f64> {
    let exponent_at = text.find(['e', 'E']).unwrap_or(text.len());
    let (mantissa, exponent) = text.split_at_checked(exponent_at)?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let are_whole = whole.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let is_empty = whole.is_empty() && fraction.is_empty();
    if !are_whole || whole.starts_with(',') || !are_digits(fraction) || is_empty {
        return None;
    }
    if let Some(exponent) = exponent.get(1..) {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !are_digits(digits) {
            return None;
        }
    }
    if whole.contains(',') { text.replace(',', "").parse().ok() } else { text.parse().ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_numbers_of_dotnet() {
        for (text, double) in [
            ("10", Some(10.0)),
            (" 10\t", Some(10.0)),
            ("-1", Some(-1.0)),
            ("+5", Some(5.0)),
            (".5", Some(0.5)),
            ("5.", Some(5.0)),
            ("1e1", Some(10.0)),
            ("1E-2", Some(0.01)),
            ("1,0,00", Some(1000.0)),
            ("Infinity", Some(f64::INFINITY)),
            ("-infinity", Some(f64::NEG_INFINITY)),
            ("1e400", Some(f64::INFINITY)),
            ("NaN", None),
            ("inf", None),
            ("", None),
            (".", None),
            ("1.0,0", None),
            (",5", None),
            ("0x10", None),
            ("1_000", None),
            ("1e", None),
            ("12abc", None),
            ("１２", None),
            ("1 0", None),
        ] {
            assert_eq!(DoubleGrammar::All.read(text), double, "{text}");
            let finite = double.filter(|double| double.is_finite());
            assert_eq!(DoubleGrammar::Finite.read(text), finite, "{text}");
        }
    }
}
