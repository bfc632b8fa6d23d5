//! The members of a feature's JSON that are needed to compare versions.

use std::borrow::Cow;

use fh_eval::featurehub::wire::{self, Feature};
use fh_eval::{Token, members};
use serde_json::value::RawValue;

/// The identity and the version of a feature.
#[derive(Debug, Clone)]
pub(crate) struct State<'a> {
    pub(crate) id: Option<Cow<'a, str>>,
    pub(crate) key: Option<Cow<'a, str>>,
    /// The version; `None` if it is missing or cannot be read.
    pub(crate) version: Option<i64>,
}

impl<'a> State<'a> {
    /// Reads the members of a feature; `None` if the JSON is not an object.
    pub(crate) fn read(raw: &'a RawValue) -> Option<Self> {
        let feature = Feature::parse(raw.get())?;
        Some(Self {
            id: wire::text(feature.id),
            key: wire::text(feature.key),
            version: feature.version.and_then(|raw| Token::of(raw).integer()),
        })
    }
}

/// Returns true if the JSON is a feature with a key.
pub(crate) fn is_feature(raw: &RawValue) -> bool {
    State::read(raw).is_some_and(|state| state.key.is_some())
}

/// Returns the id of the strategy that an Edge applied (`v`); `None` if the feature has no such member.
pub(crate) fn applied_strategy(raw: &RawValue) -> Option<String> {
    let members = members(raw)?;
    let (_, strategy) = members.iter().rfind(|(name, _)| name == "v")?;
    match Token::of(strategy) {
        Token::Text(text) => Some(text.into_owned()),
        _ => None,
    }
}

/// Returns true if a reader can distinguish these two states of a feature. Versions are not compared.
pub(crate) fn differ(old: &str, new: &str) -> bool {
    if old == new {
        return false;
    }
    fn seen(json: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
        let raw = serde_json::from_str::<&RawValue>(json).ok()?;
        let mut members = members(raw)?;
        members.retain(|(name, value)| {
            // A missing member and null have the same meaning for a reader. So have a missing lock and a lock of false.
            let is_nothing = value.get() == "null" || (name == "l" && value.get() == "false");
            !is_nothing && name != "version" && name != "environmentId"
        });
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        Some(members.into_iter().map(|(name, value)| (name, value.get())).collect())
    }
    match (seen(old), seen(new)) {
        (Some(old), Some(new)) => old != new,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_that_readers_can_see() {
        let base = r#"{"id":"a","key":"A","l":false,"version":1,"type":"BOOLEAN","value":true}"#;
        for same in [
            base,
            r#"{"id":"a","key":"A","version":2,"type":"BOOLEAN","value":true}"#,
            r#"{"key":"A", "id":"a","environmentId":"e","type":"BOOLEAN","value":true,"fp":null}"#,
        ] {
            assert!(!differ(base, same), "{same}");
        }
        for other in [
            r#"{"id":"a","key":"A","l":true,"version":1,"type":"BOOLEAN","value":true}"#,
            r#"{"id":"a","key":"A","version":1,"type":"BOOLEAN","value":false}"#,
            r#"{"id":"a","key":"A","version":1,"type":"BOOLEAN"}"#,
            r#"{"id":"a","key":"A","version":1,"type":"BOOLEAN","value":true,"strategies":[{}]}"#,
            "7",
        ] {
            assert!(differ(base, other), "{other}");
        }
    }
}
