//! A list of features as stored in Redis, and its digest.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;

use fh_eval::internal::wire::{self, Feature, Identity};
use serde_json::value::RawValue;

/// The JSON of a feature as it was received, with the feature's id and version, which merging needs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State<'a> {
    pub(crate) id: Cow<'a, str>,
    /// The version of the feature, or 0 if its JSON has no version that is an integer.
    pub(crate) version: i64,
    json: &'a str,
}

impl<'a> State<'a> {
    /// Parses a feature. Returns `None` if the JSON is not an object or has no id that is a text, because published SDKs fail
    /// if Redis holds such a feature.
    pub(crate) fn read(raw: &'a RawValue) -> Option<Self> {
        let Identity { id, version, .. } = Feature::parse(raw.get())?.identity();
        Some(Self { id: id?, version: version.unwrap_or(0), json: raw.get() })
    }
}

/// A list of features. The order of the features is kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct List<'a>(Vec<State<'a>>);

impl<'a> List<'a> {
    /// Parses a JSON list. Elements that are not features with an id are skipped.
    ///
    /// # Errors
    /// The reason why the text is not a JSON list. The reason contains no part of the text.
    pub(crate) fn parse(json: &'a str) -> Result<Self, String> {
        Ok(Self::of(wire::features(json)?.elements))
    }

    /// Returns the features of a list. Elements that are not features with an id are skipped.
    pub(crate) fn of(features: Vec<&'a RawValue>) -> Self {
        Self(features.into_iter().filter_map(State::read).collect())
    }

    fn find(&self, id: &str) -> Option<&State<'a>> {
        self.0.iter().find(|state| state.id == id)
    }

    /// Returns the digest of the list. The digest is a SHA-256 in lower-case hexadecimal. Its input is the `id:version` of each
    /// feature, sorted by id and joined with `|`.
    pub(crate) fn digest(&self) -> String {
        let mut items: Vec<(&str, i64)> =
            self.0.iter().map(|state| (state.id.as_ref(), state.version)).collect();
        items.sort_unstable();
        let mut text = String::with_capacity(items.len() * 40);
        for (index, (id, version)) in items.into_iter().enumerate() {
            let separator = if index == 0 { "" } else { "|" };
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{separator}{id}:{version}");
        }
        hmac_sha256::Hash::hash(text.as_bytes()).iter().fold(
            String::with_capacity(64),
            |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            },
        )
    }

    /// Returns the highest version of each feature, by the feature's id.
    fn versions(&self) -> HashMap<&str, i64> {
        let mut versions: HashMap<&str, i64> = HashMap::with_capacity(self.0.len());
        for state in &self.0 {
            let held = versions.entry(&state.id).or_insert(state.version);
            *held = state.version.max(*held);
        }
        versions
    }

    /// Returns true if this list has a feature that `other` does not have, or has only in a lower version.
    pub(crate) fn has_newer_than(&self, other: &Self) -> bool {
        let held = other.versions();
        self.0
            .iter()
            .any(|state| held.get(state.id.as_ref()).is_none_or(|version| state.version > *version))
    }

    /// Returns the stored list with the features of this list. A feature of this list replaces the stored feature with the
    /// same id if its version is higher. No feature is removed.
    pub(crate) fn merged_into(&self, stored: &Self) -> Self {
        let mut merged = stored.clone();
        let mut places: HashMap<Cow<'a, str>, usize> =
            stored.0.iter().enumerate().map(|(at, state)| (state.id.clone(), at)).collect();
        for state in &self.0 {
            match places.get(&state.id).and_then(|at| merged.0.get_mut(*at)) {
                Some(held) if held.version >= state.version => {}
                Some(held) => *held = state.clone(),
                None => {
                    places.insert(state.id.clone(), merged.0.len());
                    merged.0.push(state.clone());
                }
            }
        }
        merged
    }

    /// Returns the list with this feature added or replaced. Returns `None` if the list already has the feature in the same
    /// version or a newer version.
    pub(crate) fn with(&self, state: &State<'a>) -> Option<Self> {
        if self.find(&state.id).is_some_and(|held| held.version >= state.version) {
            return None;
        }
        let mut list = self.clone();
        match list.0.iter_mut().find(|held| held.id == state.id) {
            Some(held) => *held = state.clone(),
            None => list.0.push(state.clone()),
        }
        Some(list)
    }

    /// Returns the list without the feature with this id, or `None` if the list does not have the feature.
    pub(crate) fn without(&self, id: &str) -> Option<Self> {
        self.find(id)?;
        Some(Self(self.0.iter().filter(|state| state.id != id).cloned().collect()))
    }

    /// Returns the list as JSON, with every feature exactly as it was received.
    pub(crate) fn to_json(&self) -> String {
        let size = self.0.iter().map(|state| state.json.len() + 1).sum::<usize>() + 2;
        let mut json = String::with_capacity(size);
        json.push('[');
        for (index, state) in self.0.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            json.push_str(state.json);
        }
        json.push(']');
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    const TWO: &str = "83bd4cb92390b63b856760e874a1e8cf141f01b623d793968086ddef5d91a7d5";

    fn digest(json: &str) -> String {
        List::parse(json).unwrap().digest()
    }

    #[test]
    fn digests_of_the_specification() {
        assert_eq!(digest("[]"), EMPTY);
        assert_eq!(
            digest(
                r#"[{"id":"00000000-0000-0000-0000-000000000001","version":1},
                    {"id":"00000000-0000-0000-0000-000000000002","version":2}]"#
            ),
            TWO
        );
    }

    #[test]
    fn a_digest_depends_on_ids_and_versions_only() {
        let base = digest(r#"[{"id":"a","version":0},{"id":"b","version":7}]"#);
        for same in [
            r#"[{"id":"b","version":7},{"id":"a","version":0}]"#,
            r#"[{"version":7,"id":"b","value":"x"},{"id":"a"}]"#,
            r#"[{"id":"a","version":null},{"id":"b","version":7}]"#,
        ] {
            assert_eq!(digest(same), base, "{same}");
        }
        for other in [
            r#"[{"id":"a","version":0},{"id":"b","version":8}]"#,
            r#"[{"id":"a","version":0},{"id":"c","version":7}]"#,
            r#"[{"id":"b","version":7}]"#,
            "[]",
        ] {
            assert_ne!(digest(other), base, "{other}");
        }
    }

    #[test]
    fn features_stay_as_they_were_written() {
        let written =
            r#"[{"id":"a","version":1,"value":1.50,"unknown":{"x":[1e2]}},{"id":"b","value":""}]"#;
        assert_eq!(List::parse(written).unwrap().to_json(), written);
        assert_eq!(List::parse(" [ ] ").unwrap().to_json(), "[]");
    }

    #[test]
    fn elements_that_are_not_features_are_skipped() {
        let list = List::parse(r#"[7,null,{"key":"NO_ID"},{"id":5},{"id":"a"}]"#).unwrap();
        assert_eq!(list.to_json(), r#"[{"id":"a"}]"#);
    }

    #[test]
    fn texts_that_are_not_lists_are_errors() {
        for json in ["", "{}", "7", "[{", "[] []", "secret"] {
            let why = List::parse(json).unwrap_err();
            assert!(!why.contains("secret"), "{why}");
        }
    }

    #[test]
    fn the_newer_version_of_each_feature_survives_a_merge() {
        let stored = List::parse(r#"[{"id":"a","version":3},{"id":"b","version":3}]"#).unwrap();
        let incoming = r#"[{"id":"c","version":0},{"id":"b","version":4},{"id":"a","version":2}]"#;
        let incoming = List::parse(incoming).unwrap();
        assert!(incoming.has_newer_than(&stored));
        let merged = incoming.merged_into(&stored);
        assert_eq!(
            merged.to_json(),
            r#"[{"id":"a","version":3},{"id":"b","version":4},{"id":"c","version":0}]"#
        );
        assert!(!incoming.has_newer_than(&merged));
        assert!(!List::default().has_newer_than(&stored));
    }

    #[test]
    fn a_feature_is_added_replaced_or_removed() {
        let list = List::parse(r#"[{"id":"a","version":3},{"id":"b","version":3}]"#).unwrap();
        let raw = |json| serde_json::from_str::<&RawValue>(json).unwrap();
        let newer = State::read(raw(r#"{"id":"a","version":4}"#)).unwrap();
        let other = State::read(raw(r#"{"id":"c"}"#)).unwrap();
        let same = State::read(raw(r#"{"id":"a","version":3,"value":1}"#)).unwrap();
        assert_eq!(
            list.with(&newer).unwrap().to_json(),
            r#"[{"id":"a","version":4},{"id":"b","version":3}]"#
        );
        assert_eq!(
            list.with(&other).unwrap().to_json(),
            r#"[{"id":"a","version":3},{"id":"b","version":3},{"id":"c"}]"#
        );
        assert_eq!(list.with(&same), None);
        assert_eq!(list.without("a").unwrap().to_json(), r#"[{"id":"b","version":3}]"#);
        assert_eq!(list.without("c"), None);
    }
}
