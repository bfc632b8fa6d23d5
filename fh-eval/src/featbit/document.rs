//! The parser of data-sync payloads.

use std::fmt;

use serde_json::value::RawValue;

use super::envelope::{Envelope, NoEnvelope};
use crate::json::{TOO_DENSE, Token, members, payload_text, with_json_advice};
use crate::ruleset::Ruleset;

/// The flags and segments of a payload, which are not read yet.
#[derive(Debug, Clone, Default)]
pub struct Document<'a> {
    /// The flags.
    pub flags: Vec<&'a RawValue>,
    /// The segments.
    pub segments: Vec<&'a RawValue>,
    /// Number of further elements of the two lists that can be neither flags nor segments. Of such elements, each list has the first 100.
    pub further: usize,
}

/// The reason why a payload cannot be read as flags and segments of FeatBit.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ParseError {
    /// The bytes are not UTF-8. The number is the position of the first byte that is not.
    NotUtf8(usize),
    /// The text is not JSON, with the reason.
    InvalidJson(String),
    /// The payload has so many small parts that reading it would take too much memory.
    TooDense,
    /// The JSON has no list `featureFlags`.
    NoFlags,
    /// The payload is a backup of FeatBit's agent, which may have the flags of several environments.
    AgentBackup {
        /// The number of environments.
        environments: usize,
        /// The filter of `jq` that takes the first environment out.
        filter: &'static str,
    },
    /// The payload is one for clients, which has values for one user and no rules.
    ForClients,
}

/// The forms of a payload.
const EXPECTED: &str = "give the message `data-sync` of a server-side secret, its member `data`, or an object with the lists \
                        `featureFlags` and `segments`";

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8(at) => write!(f, "byte {at} is not UTF-8: save the text as UTF-8"),
            Self::InvalidJson(why) => write!(f, "not JSON: {}; {EXPECTED}", with_json_advice(why)),
            Self::TooDense => write!(f, "the payload has {TOO_DENSE}"),
            Self::NoFlags => write!(f, "no flags of FeatBit: {EXPECTED}"),
            Self::AgentBackup { environments: count, filter } => {
                let noun = if *count == 1 { "environment" } else { "environments" };
                write!(
                    f,
                    "this is a backup of FeatBit's agent, with {count} {noun}: take one of them out, for example with `jq '{filter}'`"
                )
            }
            Self::ForClients => f.write_str(
                "the payload is that of a client-side secret, which has the values for one user and no rules: fetch it with a server-side secret",
            ),
        }
    }
}

impl std::error::Error for ParseError {}

impl<'a> Document<'a> {
    /// Parses the message `data-sync`, its member `data`, or an object with the lists `featureFlags` and `segments`. A missing list of
    /// segments is empty. A byte-order mark is skipped.
    ///
    /// # Errors
    /// Fails with [`ParseError`] if the document as a whole cannot be read.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let json = payload_text(bytes).map_err(ParseError::NotUtf8)?;
        let envelope = Envelope::read(json).map_err(|why| match why {
            NoEnvelope::InvalidJson(why) => ParseError::InvalidJson(why),
            NoEnvelope::NoObject => no_flags(json),
            NoEnvelope::TooDense => ParseError::TooDense,
        })?;
        let data = envelope.data.into_value().unwrap_or(envelope.own);
        let flags = data.flags.into_value().ok_or_else(|| no_flags(json))?;
        if data.user_key_id.is_some_and(|user| Token::of(user) != Token::Null) {
            return Err(ParseError::ForClients);
        }
        let segments = data.segments.into_value().unwrap_or_default();
        let further = flags.further + segments.further;
        Ok(Self { flags: flags.elements, segments: segments.elements, further })
    }
}

/// Returns the error for JSON without a list `featureFlags`, which may be a backup of FeatBit's agent: the event `rp_full`, also as a message, or
/// a list of environments from older agents.
fn no_flags(json: &str) -> ParseError {
    fn member<'a>(raw: &'a RawValue, name: &str) -> Option<&'a RawValue> {
        members(raw)?.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }
    let Ok(whole) = serde_json::from_str::<&RawValue>(json) else { return ParseError::NoFlags };
    let (list, filter) = match (member(whole, "data"), member(whole, "items")) {
        (_, Some(items)) => (items, ".items[0]"),
        (Some(data), None) => (member(data, "items").unwrap_or(data), ".data.items[0]"),
        (None, None) => (whole, ".[0] | {featureFlags: .flags, segments}"),
    };
    let items: Vec<&RawValue> = serde_json::from_str(list.get()).unwrap_or_default();
    let is_backup = !items.is_empty() && items.iter().all(|item| member(item, "envId").is_some());
    match is_backup {
        true => ParseError::AgentBackup { environments: items.len(), filter },
        false => ParseError::NoFlags,
    }
}

/// Returns the ids and the JSON of the compiled segments of a ruleset.
pub fn segments(ruleset: &Ruleset) -> impl Iterator<Item = (&str, &str)> {
    ruleset.segments_json()
}

/// Returns the flags and the segments of a ruleset as a full message `data-sync`, from which the same ruleset can be compiled.
#[must_use]
pub fn full_message(ruleset: &Ruleset) -> String {
    let flags: Vec<&str> = ruleset.iter().map(|flag| flag.json()).collect();
    let segments: Vec<&str> = ruleset.segments_json().map(|(_, json)| json).collect();
    format!(
        r#"{{"messageType":"data-sync","data":{{"eventType":"full","featureFlags":[{}],"segments":[{}]}}}}"#,
        flags.join(","),
        segments.join(",")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form() {
        for json in [
            r#"{"messageType": "data-sync", "data": {"eventType": "full", "featureFlags": [{}, 1], "segments": [{}]}}"#,
            "\u{feff}{\"featureFlags\": [{}, {}], \"segments\": [2]}",
            r#"{"eventType": "patch", "featureFlags": [null, 1], "segments": ["x"]}"#,
        ] {
            let document = Document::parse(json.as_bytes()).unwrap();
            assert_eq!((document.flags.len(), document.segments.len()), (2, 1), "{json}");
        }
        let without_segments = Document::parse(br#"{"featureFlags": []}"#).unwrap();
        assert!(without_segments.segments.is_empty());
    }

    #[test]
    fn other_json_is_an_error() {
        let error = |json: &[u8]| Document::parse(json).unwrap_err();
        assert_eq!(error(b"[\xff]"), ParseError::NotUtf8(1));
        assert!(matches!(error(b"{"), ParseError::InvalidJson(_)));
        for json in
            ["1", "[]", "{}", r#"[{"key": "A"}]"#, r#"{"featureFlags": {}}"#, r#"{"features": []}"#]
        {
            assert_eq!(error(json.as_bytes()), ParseError::NoFlags, "{json}");
        }
        for (json, environments, filter) in [
            (
                r#"{"eventType": "rp_full", "items": [{"envId": "e", "secrets": [], "featureFlags": [], "segments": []}]}"#,
                1,
                ".items[0]",
            ),
            (
                r#"{"messageType": "data-sync", "data": {"eventType": "rp_full", "items": [{"envId": "e"}, {"envId": "f"}]}}"#,
                2,
                ".data.items[0]",
            ),
            (
                r#"[{"envId": "e", "flags": [], "segments": []}]"#,
                1,
                ".[0] | {featureFlags: .flags, segments}",
            ),
        ] {
            let backup = ParseError::AgentBackup { environments, filter };
            assert_eq!(error(json.as_bytes()), backup, "{json}");
        }
        let for_clients =
            br#"{"messageType": "data-sync", "data": {"userKeyId": "bob", "featureFlags": []}}"#;
        assert_eq!(error(for_clients), ParseError::ForClients);
    }
}
