//! The JSON lists in the values of conditions.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::json::{Shape, Token, list, lone_surrogates};

/// Reads a JSON list of texts and nulls. A lone surrogate is no text for FeatBit's server, nor for this reader.
pub(super) fn read(json: &str) -> Shape<Vec<Option<Cow<'_, str>>>> {
    match list(json) {
        Shape::Is(elements) if lone_surrogates(json).next().is_none() => {
            elements.into_iter().map(text).collect::<Option<_>>().map_or(Shape::Other, Shape::Is)
        }
        Shape::Null => Shape::Null,
        _ => Shape::Other,
    }
}

/// Reads a text or a null; `None` for any other value.
fn text(raw: &RawValue) -> Option<Option<Cow<'_, str>>> {
    match Token::of(raw) {
        Token::Text(text) => Some(Some(text)),
        Token::Null => Some(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_nulls_are_read() {
        let list = read(r#" ["a", null, "\u00e9", ""] "#).into_value().unwrap();
        assert_eq!(list, [Some("a".into()), None, Some("é".into()), Some("".into())]);
        assert!(matches!(list.as_slice(), [Some(Cow::Borrowed("a")), ..]));
        assert_eq!(read("null"), Shape::Null);
        for json in ["", "[", "[1]", r#"["a",["b"]]"#, r#"["\ud800"]"#, "{}", r#""a""#, "[] []"] {
            assert_eq!(read(json), Shape::Other, "{json}");
        }
    }
}
