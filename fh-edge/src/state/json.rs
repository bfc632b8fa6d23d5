//! Pieces of JSON that are kept as they were written.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// One JSON document as text on one line: numbers and texts stay as they were written, members keep their order, and only the
/// white space between them goes.
///
/// ```
/// use fh_edge::state::Json;
/// assert_eq!(Json::parse("{\"b\": 7.50,\n \"a\": 1e3}")?.as_str(), r#"{"b":7.50,"a":1e3}"#);
/// assert!(Json::parse("{").is_err());
/// # Ok::<(), fh_edge::state::NotJson>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Arc<str>);

/// The text is not one JSON document: message with line and column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotJson(pub String);

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not JSON: {}", self.0)
    }
}

impl std::error::Error for NotJson {}

impl Json {
    /// Takes one document; white space around it goes.
    ///
    /// # Errors
    /// [`NotJson`] if it is none, or more than one.
    pub fn parse(text: &str) -> Result<Self, NotJson> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|e| NotJson(e.to_string()))?;
        Ok(Self::of(raw))
    }

    pub(crate) fn of(raw: &RawValue) -> Self {
        Self(on_one_line(raw.get()).into())
    }

    /// A JSON string that holds `text`.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self(serde_json::Value::from(text).to_string().into())
    }

    /// `true` or `false`.
    #[must_use]
    pub fn boolean(value: bool) -> Self {
        Self(if value { "true" } else { "false" }.into())
    }

    /// The document's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text inside, if this is a JSON string.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        if self.is_text() { serde_json::from_str(&self.0).ok() } else { None }
    }

    /// Is it a JSON string?
    pub(crate) fn is_text(&self) -> bool {
        self.0.starts_with('"')
    }

    /// Is it `null`?
    #[must_use]
    pub fn is_null(&self) -> bool {
        &*self.0 == "null"
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::of(&Box::<RawValue>::deserialize(deserializer)?))
    }
}

/// A JSON text without the white space between its tokens.
fn on_one_line(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_text, mut escaped) = (false, false);
    for c in json.chars() {
        if in_text {
            in_text = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_text = c == '"';
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_as_written() {
        for text in ["1e3", "7.50", r#"{"b":1,"a":[]}"#, r#""\u0041""#, "null"] {
            let json = Json::parse(text).unwrap();
            assert_eq!(json.as_str(), text);
            assert_eq!(serde_json::to_string(&json).unwrap(), text);
            assert_eq!(serde_json::from_str::<Json>(text).unwrap(), json);
        }
        let spread = "{ \"a b\" :\t[ 1.0 ,\r\n2 ],\n\"c \\\" d\": \"e \\\\\" , \"f\" : \" \" }";
        let compact = "{\"a b\":[1.0,2],\"c \\\" d\":\"e \\\\\",\"f\":\" \"}";
        assert_eq!(Json::parse(spread).unwrap().as_str(), compact);
        assert!(Json::parse("1 2").is_err());
        assert!(Json::parse("").is_err());
    }

    #[test]
    fn texts() {
        assert_eq!(Json::text("a\"b\n").as_str(), r#""a\"b\n""#);
        assert_eq!(Json::text("a\"b\n").as_text().unwrap(), "a\"b\n");
        assert_eq!(Json::boolean(true).as_text(), None);
        assert!(Json::parse("null").unwrap().is_null());
    }
}
