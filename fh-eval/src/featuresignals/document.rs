//! The parser of rulesets.

use std::borrow::Cow;
use std::fmt;

use serde_json::value::RawValue;

use crate::json::{
    TOO_DENSE, Token, is_too_dense, members, members_by_key, not_json, payload_text,
    with_json_advice,
};

/// The flags, states and segments of one environment, by their keys. They are not read yet.
#[derive(Debug, Clone, Default)]
pub struct Document<'a> {
    /// The flags.
    pub flags: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// The states of the flags in the environment. A flag without a state is off.
    pub states: Vec<(Cow<'a, str>, &'a RawValue)>,
    /// The segments.
    pub segments: Vec<(Cow<'a, str>, &'a RawValue)>,
}

/// The reason why a text cannot be read as a ruleset of FeatureSignals.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The bytes are not UTF-8. The number is the position of the first byte that is not.
    NotUtf8(usize),
    /// The text is not JSON, with the reason.
    InvalidJson(String),
    /// The ruleset has so many small parts that reading it would take too much memory.
    TooDense,
    /// The JSON has no object `flags`.
    NoFlags,
    /// This member is not an object with keys.
    NotByKey(&'static str),
}

/// The form of a ruleset.
const EXPECTED: &str =
    "give an object with the objects `flags`, `states` and `segments`, each by key";

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8(at) => write!(f, "byte {at} is not UTF-8: save the text as UTF-8"),
            Self::InvalidJson(why) => write!(f, "not JSON: {}; {EXPECTED}", with_json_advice(why)),
            Self::TooDense => write!(f, "the ruleset has {TOO_DENSE}"),
            Self::NoFlags => write!(f, "no flags of FeatureSignals: {EXPECTED}"),
            Self::NotByKey(member) => {
                write!(
                    f,
                    "`{member}` is not an object: give its parts by key, such as {{\"{member}\": {{\"checkout\": {{…}}}}}}"
                )
            }
        }
    }
}

impl std::error::Error for ParseError {}

impl<'a> Document<'a> {
    /// Parses an object with the objects `flags`, `states` and `segments`. Missing states and segments are none. A byte-order mark is
    /// skipped.
    ///
    /// # Errors
    /// Fails with [`ParseError`] if the document as a whole cannot be read.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let json = payload_text(bytes).map_err(ParseError::NotUtf8)?;
        if is_too_dense(json) {
            return Err(ParseError::TooDense);
        }
        let raw: &RawValue = serde_json::from_str(json)
            .map_err(|error| ParseError::InvalidJson(not_json(json, &error)))?;
        let mut document = Self::default();
        let mut has_flags = false;
        for (name, value) in members(raw).ok_or(ParseError::NoFlags)? {
            let (part, name) = match &*name {
                "flags" => (&mut document.flags, "flags"),
                "states" => (&mut document.states, "states"),
                "segments" => (&mut document.segments, "segments"),
                _ => continue,
            };
            has_flags |= name == "flags";
            *part = match Token::of(value) {
                Token::Null => Vec::new(),
                _ => members_by_key(value).ok_or(ParseError::NotByKey(name))?,
            };
        }
        if has_flags { Ok(document) } else { Err(ParseError::NoFlags) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_optional_but_flags() {
        let json = "\u{feff}{\"flags\": {\"a\": {}, \"b\": 1}, \"states\": null, \"other\": []}";
        let document = Document::parse(json.as_bytes()).unwrap();
        let counts = [document.flags.len(), document.states.len(), document.segments.len()];
        assert_eq!(counts, [2, 0, 0]);
        let error = |json: &[u8]| Document::parse(json).unwrap_err();
        assert_eq!(error(b"[\xff]"), ParseError::NotUtf8(1));
        assert!(matches!(error(b"{"), ParseError::InvalidJson(_)));
        for json in ["1", "[]", "{}", r#"{"states": {}}"#, r#"{"featureFlags": []}"#] {
            assert_eq!(error(json.as_bytes()), ParseError::NoFlags, "{json}");
        }
        assert_eq!(error(br#"{"flags": []}"#), ParseError::NotByKey("flags"));
        assert_eq!(error(br#"{"flags": {}, "segments": 1}"#), ParseError::NotByKey("segments"));
    }
}
