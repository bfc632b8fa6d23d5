//! The JSON lists in the values of conditions (featbit 4.2).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

/// Reads a JSON list of texts and nulls; `None` for the JSON null.
///
/// # Errors
/// Fails for any other text. A lone surrogate is no text for FeatBit's server, nor for this reader.
pub(super) fn read(json: &str) -> serde_json::Result<Option<Vec<Option<Cow<'_, str>>>>> {
    let list: Option<Vec<Option<Listed<'_>>>> = serde_json::from_str(json)?;
    Ok(list.map(|list| list.into_iter().map(|text| text.map(|text| text.0)).collect()))
}

/// A text, which is borrowed unless it has escapes. (serde's own reader of `Cow` copies each text of a list.)
struct Listed<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Listed<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Listing)
    }
}

struct Listing;

impl<'de> Visitor<'de> for Listing {
    type Value = Listed<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Listed(text.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Listed(text.to_string().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_nulls_are_read() {
        let list = read(r#" ["a", null, "\u00e9", ""] "#).unwrap().unwrap();
        assert_eq!(list, [Some("a".into()), None, Some("é".into()), Some("".into())]);
        assert!(matches!(list.as_slice(), [Some(Cow::Borrowed("a")), ..]));
        assert!(read("null").unwrap().is_none());
        for json in ["", "[", "[1]", r#"["a",["b"]]"#, r#"["\ud800"]"#, "{}", r#""a""#, "[] []"] {
            assert!(read(json).is_err(), "{json}");
        }
    }
}
