//! The JSON of a feature as one text, with the positions of its members in the text. Answers and explanations are made from this text.

use std::borrow::Cow;
use std::sync::Arc;

use fh_eval::internal::compact;
use fh_eval::internal::wire::{self, name, write_member};
use fh_eval::internal::{Shape, Token};
use serde_json::value::RawValue;

use super::json::Json;
use super::model::{Feature, FeatureValue};

/// The members of a feature's JSON. Each text is the JSON of the member's value.
pub(crate) struct TextMembers<'a> {
    pub(crate) id: Option<&'a str>,
    pub(crate) key: &'a str,
    pub(crate) locked: bool,
    pub(crate) version: i64,
    pub(crate) kind: Option<&'a str>,
    pub(crate) value: Option<&'a str>,
    /// The list of strategies; `None` if the feature has no member `strategies`.
    pub(crate) strategies: Option<&'a str>,
    /// The names and values of members that another Edge sent and this project does not know.
    pub(crate) unknown: &'a [(Cow<'a, str>, &'a RawValue)],
}

/// The JSON of a feature, without properties.
#[derive(Debug)]
pub(crate) struct FeatureText {
    json: Arc<str>,
    id: Option<Piece>,
    key: Piece,
    locked: Piece,
    version: Piece,
    kind: Option<Piece>,
    value: Option<Piece>,
    strategies: Option<Piece>,
}

/// The position of a member's value in the text of a feature, in bytes.
#[derive(Debug, Clone, Copy)]
struct Piece {
    start: u32,
    end: u32,
}

/// Appends a member to the JSON of a feature, and returns the position of the member's value.
fn write(json: &mut String, name: &str, value: &str) -> Piece {
    write_member(json, name, value);
    let end = json.len();
    Piece { start: (end - value.len()) as u32, end: end as u32 }
}

impl FeatureText {
    /// Returns the text of a feature of a state. Without a value record, the text contains neither a value nor strategies.
    pub(crate) fn of(feature: &Feature, record: Option<&FeatureValue>, version: i64) -> Self {
        let value = record.and_then(|record| record.value.as_ref());
        let strategies = record.map(|record| list(&record.strategies));
        Self::new(&TextMembers {
            id: Some(&format!("\"{}\"", feature.id)),
            key: Json::text(&feature.key).as_str(),
            locked: record.is_some_and(|record| record.locked),
            version,
            kind: Some(&format!("\"{}\"", feature.kind)),
            value: value.filter(|value| !value.is_null()).map(Json::as_str),
            strategies: strategies.as_deref(),
            unknown: &[],
        })
    }

    pub(crate) fn new(members: &TextMembers<'_>) -> Self {
        let mut json = String::from("{");
        let id = members.id.map(|id| write(&mut json, name::ID, id));
        let key = write(&mut json, name::KEY, members.key);
        let locked = write(&mut json, name::LOCKED, if members.locked { "true" } else { "false" });
        let version = write(&mut json, name::VERSION, &members.version.to_string());
        let kind = members.kind.map(|kind| write(&mut json, name::TYPE, kind));
        let value = members.value.map(|value| write(&mut json, name::VALUE, value));
        let strategies = members.strategies.map(|list| write(&mut json, name::STRATEGIES, list));
        for (name, value) in members.unknown {
            json.push(',');
            json.push_str(Json::text(name).as_str());
            json.push(':');
            json.push_str(&compact(value.get()));
        }
        json.push('}');
        Self { json: json.into(), id, key, locked, version, kind, value, strategies }
    }

    /// Returns the whole JSON of the feature.
    pub(crate) fn json(&self) -> &Arc<str> {
        &self.json
    }

    fn part(&self, start: u32, end: u32) -> &str {
        self.json.get(start as usize..end as usize).unwrap_or_default()
    }

    /// Returns the beginning of the feature's JSON: the opening brace, the member `id` if there is one, and the member `key`.
    pub(crate) fn name(&self) -> &str {
        self.part(0, self.key.end)
    }

    /// Returns the members `l` and `version`, each after a comma.
    pub(crate) fn state(&self) -> &str {
        self.part(self.key.end, self.version.end)
    }

    /// Returns the member `type` after a comma. The result is empty if another Edge sent a feature without a type.
    pub(crate) fn type_member(&self) -> &str {
        self.part(self.version.end, self.type_end())
    }

    /// Returns the feature's JSON before the member `value`, without the comma.
    pub(crate) fn before_value(&self) -> &str {
        self.part(0, self.type_end())
    }

    /// Returns the feature's JSON up to the end of the member `value`, or of the last member before it if there is no value. For keys with
    /// the permission `EXTENDED_DATA`, the properties are inserted after this text.
    pub(crate) fn head(&self) -> &str {
        self.part(0, self.head_end())
    }

    /// Returns the feature's JSON after [`Self::head`], including the closing brace.
    pub(crate) fn tail(&self) -> &str {
        self.part(self.head_end(), self.json.len() as u32)
    }

    /// Returns the list of strategies as JSON, which is `[]` if the feature has no member `strategies`.
    pub(crate) fn strategies(&self) -> &str {
        self.strategies.map_or("[]", |piece| self.part(piece.start, piece.end))
    }

    /// Returns the member `strategies` after a comma. The result is empty if the feature has no such member.
    pub(crate) fn strategies_member(&self) -> &str {
        self.part(self.head_end(), self.strategies_end())
    }

    /// Returns the members that this project does not know, each after a comma.
    pub(crate) fn unknown_members(&self) -> &str {
        self.part(self.strategies_end(), self.json.len().saturating_sub(1) as u32)
    }

    fn type_end(&self) -> u32 {
        self.kind.unwrap_or(self.version).end
    }

    fn head_end(&self) -> u32 {
        self.value.map_or(self.type_end(), |value| value.end)
    }

    fn strategies_end(&self) -> u32 {
        self.strategies.map_or(self.head_end(), |strategies| strategies.end)
    }

    fn raw(&self, piece: Option<Piece>) -> wire::Raw<'_> {
        let piece = piece?;
        serde_json::from_str(self.part(piece.start, piece.end)).ok()
    }

    /// Returns the members of the feature that the compiler reads. Only the list of strategies is parsed; all other members are raw JSON.
    pub(crate) fn parts(&self) -> wire::Feature<'_> {
        wire::Feature {
            id: self.raw(self.id),
            key: self.raw(Some(self.key)),
            locked: self.raw(Some(self.locked)),
            version: self.raw(Some(self.version)),
            kind: self.raw(self.kind),
            value: self.raw(self.value),
            strategies: wire::Strategy::parse_list(self.raw(self.strategies)),
            ..wire::Feature::default()
        }
    }

    /// Returns the value of each strategy as JSON, in the order of the strategies. `None` is a value that is null or missing, or a strategy
    /// that is not an object. The result is empty if the feature has no list of strategies.
    pub(crate) fn strategy_values(&self) -> Vec<Option<Box<str>>> {
        let Shape::Is(list) = wire::Strategy::parse_list(self.raw(self.strategies)) else {
            return Vec::new();
        };
        let values = list.iter().map(|strategy| {
            let value = strategy.as_ref()?.value?;
            (Token::of(value) != Token::Null).then(|| value.get().into())
        });
        values.collect()
    }
}

/// Returns the JSON list that contains `items`, in the same order.
fn list(items: &[Json]) -> String {
    let mut out = String::from("[");
    for (position, item) in items.iter().enumerate() {
        if position > 0 {
            out.push(',');
        }
        out.push_str(item.as_str());
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that [`FeatureText::parts`] returns the members that the reader of payloads finds in the text.
    #[test]
    fn parts_are_those_of_the_text() {
        let strategies = r#"[{"id":"s","percentage":5,"value":[1],"attributes":[{"fieldName":"a"},7]},null,{"value":null}]"#;
        let raw: &RawValue = serde_json::from_str("[ 1 ]").unwrap();
        for (id, kind, value, strategies) in [
            (Some("\"i\""), Some("\"STRING\""), Some("\"x\""), Some(strategies)),
            (None, None, None, None),
            (Some("7"), Some("\"COLOUR\""), Some("{\"a\":1}"), Some("null")),
            (None, Some("5"), None, Some("7")),
        ] {
            let unknown = [("so\"on".into(), raw)];
            let members = TextMembers {
                id,
                key: "\"K\"",
                locked: true,
                version: -3,
                kind,
                value,
                strategies,
                unknown: &unknown,
            };
            let text = FeatureText::new(&members);
            let read = wire::Feature::parse(text.json()).unwrap();
            assert_eq!(format!("{:?}", text.parts()), format!("{read:?}"));
            let pieces = [text.name(), text.state(), text.type_member()].concat();
            assert_eq!(pieces, text.before_value());
            assert_eq!(
                [text.head(), text.strategies_member(), text.unknown_members(), "}"].concat(),
                **text.json()
            );
            assert_eq!([text.head(), text.tail()].concat(), **text.json());
            assert_eq!(text.unknown_members(), r#","so\"on":[1]"#);
        }
    }
}
