//! JSON documents whose text is kept as the author wrote it.

use std::fmt;
use std::sync::Arc;

use fh_eval::internal::{compact, lone_surrogates};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// One JSON document as text on one line. Numbers, strings and the order of members are kept as the author wrote them. Only white space
/// between tokens is removed.
///
/// For a text that a program or a state file supplies, half of a surrogate pair (`\ud800` alone) is an error, although JSON's grammar
/// allows it. Half of a pair is no character, and programs disagree on how to read it.
///
/// ```
/// use fh_edge::state::Json;
/// assert_eq!(Json::parse("{\"b\": 7.50,\n \"a\": 1e3}")?.as_str(), r#"{"b":7.50,"a":1e3}"#);
/// assert!(Json::parse("{").is_err());
/// # Ok::<(), fh_edge::state::InvalidJson>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Json(Arc<str>);

/// The error for a text that is not one JSON document, or that contains half of a surrogate pair. The field is the message, which names the
/// line and column of a syntax error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidJson(pub String);

impl fmt::Display for InvalidJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not JSON: {}", self.0)
    }
}

impl std::error::Error for InvalidJson {}

impl Json {
    /// Parses one document. White space between its tokens is removed.
    ///
    /// # Errors
    /// Returns [`InvalidJson`] if the text is not one document, or contains half of a surrogate pair.
    pub fn parse(text: &str) -> Result<Self, InvalidJson> {
        let raw: &RawValue = serde_json::from_str(text).map_err(|e| InvalidJson(e.to_string()))?;
        Self::checked(raw).map_err(InvalidJson)
    }

    fn checked(raw: &RawValue) -> Result<Self, String> {
        match lone_surrogates(raw.get()).next() {
            Some((_, escape)) => Err(format!("{escape} in a text is half of a surrogate pair")),
            None => Ok(Self::of(raw)),
        }
    }

    /// Converts a document that another Edge sent, without the check for half surrogate pairs.
    pub(crate) fn of(raw: &RawValue) -> Self {
        Self(compact(raw.get()).into())
    }

    /// Returns a JSON string that contains `text`.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self(serde_json::Value::from(text).to_string().into())
    }

    /// Returns the document `null`.
    #[must_use]
    pub fn null() -> Self {
        Self("null".into())
    }

    /// Returns the document `true` or `false`.
    #[must_use]
    pub fn boolean(value: bool) -> Self {
        Self(if value { "true" } else { "false" }.into())
    }

    /// Returns the document's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the content of the JSON string, or `None` if the document is not a string or contains half of a surrogate pair.
    #[must_use]
    pub fn as_text(&self) -> Option<String> {
        if self.is_text() { serde_json::from_str(&self.0).ok() } else { None }
    }

    /// Returns true if the document is a JSON string.
    fn is_text(&self) -> bool {
        self.0.starts_with('"')
    }

    /// Returns true if the document is a number whose value as a double is finite. Many programs read a larger number as infinity.
    pub(crate) fn is_finite_number(&self) -> bool {
        self.0.starts_with(|c: char| c == '-' || c.is_ascii_digit())
            && self.0.parse().is_ok_and(f64::is_finite)
    }

    /// Returns true if the document is `null`.
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
        Self::checked(&Box::<RawValue>::deserialize(deserializer)?)
            .map_err(serde::de::Error::custom)
    }
}
