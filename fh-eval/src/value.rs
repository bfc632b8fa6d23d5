//! Values of features.

use std::sync::Arc;

/// The type of a feature's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The type `BOOLEAN`: true or false.
    Boolean,
    /// The type `STRING`: any text.
    String,
    /// The type `NUMBER`: a decimal number.
    Number,
    /// The type `JSON`: the text of a JSON document, which is neither parsed nor validated.
    Json,
}

impl Kind {
    /// Returns the type's name in FeatureHub's JSON, such as `BOOLEAN`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Number => "NUMBER",
            Self::Json => "JSON",
        }
    }

    /// Returns the type with this name in FeatureHub's JSON, or `None` if the name is unknown. Names are
    /// case-sensitive.
    #[must_use]
    pub fn from_wire(name: &str) -> Option<Self> {
        [Self::Boolean, Self::String, Self::Number, Self::Json]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The value of a feature, converted to the feature's type if possible. A null or missing value has no
/// `Value`: functions that return an optional value return `None` for it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// The value of a BOOLEAN feature.
    Bool(bool),
    /// The value of a NUMBER feature, with the text from which the number was parsed.
    Number(Number),
    /// The value of a STRING feature or of a feature whose type is missing or unknown, or the value of a NUMBER feature
    /// that is not a number.
    Text(Arc<str>),
    /// The value of a JSON feature: a text that is neither parsed nor validated.
    Json(Arc<str>),
}

impl Value {
    /// Returns the type of the value itself.
    #[cfg(feature = "featuresignals")]
    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Bool(_) => Kind::Boolean,
            Self::Number(_) => Kind::Number,
            Self::Text(_) => Kind::String,
            Self::Json(_) => Kind::Json,
        }
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(number.as_str()),
            Self::Text(text) | Self::Json(text) => f.write_str(text),
        }
    }
}

/// A decimal number with its original text and the nearest double. Without the cargo feature `edge-profile`, the double is
/// computed when it is read.
#[derive(Debug, Clone)]
pub struct Number {
    text: Arc<str>,
    #[cfg(feature = "edge-profile")]
    double: f64,
}

impl Number {
    /// Parses decimal text, such as `-7.50` or `1e3`. Returns `None` for any other text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        crate::text::number::Decimal::parse(text)?;
        Some(Self {
            #[cfg(feature = "edge-profile")]
            double: crate::text::double::nearest_double(text)?,
            text: text.into(),
        })
    }

    /// Returns the text from which the number was parsed: `7.50` stays `7.50`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns true if a double can represent the number: the nearest double is equal to the number, or the decimal
    /// texts that the standard library and serde_json write for the nearest double have the value of the number. True
    /// for `1152921504606846976`, `0.1` and `7.50`; false for `9007199254740993` and `1e400`.
    #[must_use]
    pub fn fits_f64(&self) -> bool {
        use crate::text::number::{Decimal, OwnedDecimal};
        let exact = OwnedDecimal::from_double(self.as_f64());
        exact.is_some_and(|exact| Some(exact.as_decimal()) == Decimal::parse(&self.text))
            || self.is_written_again()
    }

    /// Returns true if the shortest decimal text of the nearest double has the value of the number. Two shortest texts can be equally near
    /// to a double, and programs choose differently: `563000000000000.25` becomes `563000000000000.2` or `563000000000000.3`. Therefore the
    /// texts that the standard library and serde_json write must both have the value of the number.
    pub(crate) fn is_written_again(&self) -> bool {
        use crate::text::number::Decimal;
        let is_same = |text: &str| Decimal::parse(text) == Decimal::parse(&self.text);
        let double = self.as_f64();
        double.is_finite()
            && is_same(&double.to_string())
            && serde_json::to_string(&double).is_ok_and(|text| is_same(&text))
    }

    /// Returns the number as an integer: `10.0` and `1e1` give 10. Returns `None` if the number has a fraction or does
    /// not fit into an `i64`.
    ///
    /// ```
    /// use fh_eval::Number;
    /// let integer = |text| Number::parse(text).unwrap().as_i64();
    /// assert_eq!(integer("9007199254740993.0"), Some(9_007_199_254_740_993));
    /// assert_eq!(integer("10.00000000000000000001"), None);
    /// assert_eq!(integer("9223372036854775808"), None);
    /// ```
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        use crate::text::number::Decimal;
        let number = Decimal::parse(&self.text)?;
        let whole = number.integer()?;
        // An integer that does not fit was clamped, so it is another number.
        (Decimal::parse(&whole.to_string()) == Some(number)).then_some(whole)
    }

    /// Returns the nearest double. The double is infinite if the number is beyond the range of doubles, about 1.8e308.
    #[cfg(feature = "edge-profile")]
    #[must_use]
    pub const fn as_f64(&self) -> f64 {
        self.double
    }

    /// Returns the nearest double. The double is infinite if the number is beyond the range of doubles, about 1.8e308.
    #[cfg(not(feature = "edge-profile"))]
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        crate::text::double::nearest_double(&self.text).unwrap_or(f64::NAN)
    }
}

impl PartialEq for Number {
    /// Returns true if the numbers are equal in value: `7.50` equals `7.5`. Exponents are clamped to ±10¹⁵, so numbers
    /// with larger exponents may count as equal.
    fn eq(&self, other: &Self) -> bool {
        use crate::text::number::Decimal;
        Decimal::parse(&self.text) == Decimal::parse(&other.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_text() {
        let number = Number::parse("7.50").unwrap();
        assert_eq!(number.as_str(), "7.50");
        assert!((number.as_f64() - 7.5).abs() < f64::EPSILON);
        assert_eq!(number, Number::parse("7.5").unwrap());
        assert_ne!(Number::parse("9007199254740993"), Number::parse("9007199254740992"));
        assert!(Number::parse("seven").is_none());
    }

    #[test]
    fn kinds_have_wire_names() {
        for kind in [Kind::Boolean, Kind::String, Kind::Number, Kind::Json] {
            assert_eq!(Kind::from_wire(&kind.to_string()), Some(kind));
        }
        assert_eq!(Kind::from_wire("boolean"), None);
    }
}
