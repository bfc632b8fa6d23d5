//! Values of features.

use std::sync::Arc;

/// The type of a feature's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `BOOLEAN`
    Boolean,
    /// `STRING`
    String,
    /// `NUMBER`
    Number,
    /// `JSON`: text that holds a JSON document.
    Json,
}

impl Kind {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "BOOLEAN",
            Self::String => "STRING",
            Self::Number => "NUMBER",
            Self::Json => "JSON",
        }
    }

    /// From the name on the wire.
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

/// What a feature is worth to somebody: never null, always of the feature's kind where it can be (evaluation 5.2).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// On or off.
    Bool(bool),
    /// A number, with the decimal text it was written in.
    Number(Number),
    /// Text.
    Text(Arc<str>),
    /// Text that holds a JSON document; neither parsed nor checked.
    Json(Arc<str>),
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

/// A decimal number as it was written, and the nearest double.
#[derive(Debug, Clone)]
pub struct Number {
    text: Arc<str>,
    double: f64,
}

impl Number {
    /// Reads decimal text (the grammar of evaluation 3.3).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        crate::text::number::Decimal::parse(text)?;
        Some(Self { double: text.parse().ok()?, text: text.into() })
    }

    /// The text as it was written: `7.50` stays `7.50`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns true if a double holds the number exactly, or if a program that reads it into a double writes the same number again:
    /// `1152921504606846976`, `0.1` and `7.50`, but neither `9007199254740993` nor `1e400`.
    #[must_use]
    pub fn fits_f64(&self) -> bool {
        use crate::text::number::{Decimal, OwnedDecimal};
        let exact = OwnedDecimal::from_double(self.double);
        exact.is_some_and(|exact| Some(exact.as_decimal()) == Decimal::parse(&self.text))
            || self.is_written_again()
    }

    /// Returns true if the shortest text of the double is this number, whichever of two equally near ones a program chooses:
    /// `563000000000000.25` is written as `563000000000000.2` or as `563000000000000.3`.
    pub(crate) fn is_written_again(&self) -> bool {
        use crate::text::number::Decimal;
        let is_same = |text: &str| Decimal::parse(text) == Decimal::parse(&self.text);
        self.double.is_finite()
            && is_same(&self.double.to_string())
            && serde_json::to_string(&self.double).is_ok_and(|text| is_same(&text))
    }

    /// The nearest double; infinite beyond 1.8e308.
    #[must_use]
    pub const fn as_f64(&self) -> f64 {
        self.double
    }
}

impl PartialEq for Number {
    /// Numeric equality, exact: `7.50` equals `7.5`.
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
