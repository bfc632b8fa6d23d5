//! A JSON value without its contents: its shape, or a scalar.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::escaped::unescape;
use crate::text::number::Decimal;

/// A JSON value where a value of type `T` is expected: absent, null, of the expected shape, or of another shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Shape<T> {
    /// The member is absent.
    #[default]
    Absent,
    /// The value is `null`.
    Null,
    /// The value has the expected shape.
    Is(T),
    /// The value has another shape, or the text is not JSON.
    Other,
}

impl<T> Shape<T> {
    /// Returns the value if it has the expected shape, otherwise `None`.
    pub fn as_ref(&self) -> Option<&T> {
        match self {
            Self::Is(part) => Some(part),
            _ => None,
        }
    }

    /// Takes the value if it has the expected shape, otherwise returns `None`.
    pub fn into_value(self) -> Option<T> {
        match self {
            Self::Is(part) => Some(part),
            _ => None,
        }
    }
}

/// A JSON value. A list or an object is recorded without its contents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// The value `null`.
    Null,
    /// The value `true` or `false`.
    Bool(bool),
    /// A number, as the JSON spells it.
    Number(&'a str),
    /// A string, unescaped. A lone surrogate becomes U+FFFD.
    Text(Cow<'a, str>),
    /// A list, without its elements.
    List,
    /// An object, without its members.
    Object,
}

impl<'a> Token<'a> {
    /// Reads a JSON value as a token, without the contents of a list or an object.
    #[must_use]
    pub fn of(raw: &'a RawValue) -> Self {
        Self::read(raw.get())
    }

    pub(super) fn read(token: &'a str) -> Self {
        match token.as_bytes() {
            [b'"', .., b'"'] => Self::Text(unescape(token)),
            [b't', ..] => Self::Bool(true),
            [b'f', ..] => Self::Bool(false),
            [b'n', ..] => Self::Null,
            [b'[', ..] => Self::List,
            [b'{', ..] => Self::Object,
            _ => Self::Number(token),
        }
    }

    /// Returns the number as an integer, clamped to the range of an `i64`, or `None` if the token is not an integral
    /// number. `20.0` is integral, `"20"` is not. A number beyond every `f64`, such as `1e999`, gives `None`,
    /// because most readers of JSON cannot hold it.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        let Self::Number(digits) = self else { return None };
        digits
            .parse()
            .ok()
            .or_else(|| Decimal::parse(digits).filter(Decimal::has_finite_double)?.integer())
    }

    /// Returns the text that rules compare: a string unescaped, a number as the JSON spells it, `true` or `false`.
    /// Returns `None` for null, lists and objects.
    #[must_use]
    pub fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Bool(true) => Some("true".into()),
            Self::Bool(false) => Some("false".into()),
            Self::Number(digits) => Some(digits.into()),
            Self::Text(text) => Some(text),
            Self::Null | Self::List | Self::Object => None,
        }
    }
}

/// Returns a JSON text without the white space between its tokens.
#[must_use]
pub fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped, mut copied) = (false, false, 0);
    for (at, byte) in json.bytes().enumerate() {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if byte.is_ascii_whitespace() {
            out.push_str(json.get(copied..at).unwrap_or_default());
            copied = at + 1;
        } else {
            in_text = byte == b'"';
        }
    }
    out.push_str(json.get(copied..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_keep_their_text() {
        let raw = |json: &'static str| serde_json::from_str::<&RawValue>(json).unwrap();
        assert_eq!(Token::of(raw("1.10")), Token::Number("1.10"));
        assert_eq!(Token::of(raw("-1e+5")).text().unwrap(), "-1e+5");
        assert_eq!(Token::of(raw("1e999")).text().unwrap(), "1e999");
        assert_eq!(Token::of(raw(" true ")).text().unwrap(), "true");
        assert_eq!(Token::of(raw(r#""\u00e9""#)).text().unwrap(), "é");
        assert_eq!(Token::of(raw("null")).text(), None);
        assert_eq!(Token::of(raw("[1]")), Token::List);
        for (json, integer) in [
            ("20", Some(20)),
            ("20.0", Some(20)),
            ("2e1", Some(20)),
            ("-5", Some(-5)),
            ("1e30", Some(i64::MAX)),
            ("20.5", None),
            ("\"20\"", None),
            ("true", None),
            ("null", None),
            ("1e999", None),
            ("-1e999", None),
            ("1e-400", None),
            ("20.00000000000000000000000000001", None),
            ("2000000.0e-4", Some(200)),
            ("-0.0", Some(0)),
            ("-1e30", Some(i64::MIN)),
            ("9223372036854775807.0", Some(i64::MAX)),
            ("9223372036854775806.0", Some(i64::MAX - 1)),
        ] {
            assert_eq!(Token::of(raw(json)).integer(), integer, "{json}");
        }
    }
}
