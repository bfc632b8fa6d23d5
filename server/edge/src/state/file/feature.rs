//! Reads the member `features` of a state file: the definitions of features, which are the same in every environment.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use fh_eval::Kind;
use uuid::Uuid;

use super::ids::feature_id;
use super::names::{check_key, check_name};
use super::part::{Part, Reading};
use crate::state::Feature;
use crate::state::unique::Uniques;

/// The features of a document.
#[derive(Default)]
pub(super) struct Features {
    pub(super) list: Vec<Feature>,
    /// The positions of features in `list`, by key. A position is `None` if the feature is not valid.
    places: HashMap<Arc<str>, Option<usize>>,
    uniques: Uniques,
}

impl Features {
    /// Reads the feature definitions of a state file. A definition that cannot be read is left out, and an error is added.
    pub(super) fn read(reading: &mut Reading<'_>, part: &Part) -> Self {
        let mut features = Self::default();
        for part in reading.list(part, "features") {
            features.read_one(reading, &part);
        }
        features
    }

    fn read_one(&mut self, reading: &mut Reading<'_>, part: &Part) {
        let known = &["key", "type", "id", "version", "properties", "filters"];
        if !reading.map_with(part, "a feature", known, is_of_value) {
            return;
        }
        let key = key(reading, part);
        for member in part.members().unwrap_or_default() {
            if is_of_value(&member.name) {
                let (name, key) = (&*member.name, key.as_deref().unwrap_or("KEY"));
                let differs = if name.ends_with('s') { "differ" } else { "differs" };
                let member_there = match name {
                    "default" | "defaultValue" | "values" | "environments" => "value",
                    _ => name,
                };
                let what = format!(
                    "{name} {differs} by environment: write this below `environments`, as in `values: {{ {key}: {{ {member_there}: \u{2026} }} }}`"
                );
                reading.error_at(member.position, &part.path.member(name), what);
            }
        }
        let kind = kind(reading, part);
        let id = match part.get("id") {
            None => key.as_deref().map(feature_id),
            Some(part) => id(reading, &part, "the id of a feature"),
        };
        let version = part.get("version").and_then(|part| reading.count(&part, "a version"));
        let properties = properties(reading, part.get("properties"));
        let filters = filters(reading, part.get("filters"));
        let Some(key) = key else { return };
        let path = part.path.to_string();
        if let Err(what) = self.uniques.feature_key(&key, &path) {
            return reading.error(part, what);
        }
        let feature = kind.zip(id).map(|(kind, id)| Feature {
            id,
            key: Arc::clone(&key),
            kind,
            version: version.unwrap_or(0),
            properties,
            filters,
        });
        if let Some(Err(what)) = id.map(|id| self.uniques.feature_id(id, &path)) {
            reading.error(part, what);
        }
        self.places.insert(key, feature.is_some().then_some(self.list.len()));
        self.list.extend(feature);
    }

    /// Returns the feature with this key. `Ok(None)` means that the feature is not valid, which has been reported.
    ///
    /// # Errors
    /// Returns [`NoSuchFeature`] if no feature has this key.
    pub(super) fn get(&self, key: &str) -> Result<Option<&Feature>, NoSuchFeature> {
        let place = self.places.get(key).ok_or(NoSuchFeature)?;
        Ok(place.and_then(|place| self.list.get(place)))
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|feature| &*feature.key)
    }
}

/// Returns true for a member of a feature's value in an environment, which is no member of the feature itself.
fn is_of_value(name: &str) -> bool {
    matches!(
        name,
        "value"
            | "strategies"
            | "locked"
            | "retired"
            | "default"
            | "defaultValue"
            | "values"
            | "environments"
    )
}

/// The error for a key that no feature of the document has.
#[derive(Debug)]
pub(super) struct NoSuchFeature;

fn key(reading: &mut Reading<'_>, feature: &Part) -> Option<Arc<str>> {
    let Some(part) = feature.get("key") else {
        reading.error(feature, "this feature has no key: write key: NAME");
        return None;
    };
    let key = reading.text(&part, "a key")?;
    if key.trim() != key || key.contains(char::is_control) {
        reading.error(&part, "a key has spaces around it, or contains control characters");
        return None;
    }
    check_key(reading, &part, key);
    Some(key.into())
}

fn kind(reading: &mut Reading<'_>, feature: &Part) -> Option<Kind> {
    const KINDS: [&str; 4] = ["BOOLEAN", "STRING", "NUMBER", "JSON"];
    let Some(part) = feature.get("type") else {
        reading.error(
            feature,
            "this feature has no type: write type: BOOLEAN, STRING, NUMBER or JSON",
        );
        return None;
    };
    let kind = part.text().and_then(Kind::from_wire);
    if kind.is_none() {
        let meant = part.text().map(|text| reading.suggestion(text, KINDS)).unwrap_or_default();
        let what =
            format!("{} is no type; the types are BOOLEAN, STRING, NUMBER, JSON", part.shown());
        reading.error(&part, what + &meant);
    }
    kind
}

/// The advice for an id that is no UUID.
pub(super) const NO_UUID: &str =
    ": write one such as 5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0, or leave the id out";

/// Reads a UUID in its usual form. For any other part, an error that begins with `what` is added, and the result is `None`.
pub(super) fn id(reading: &mut Reading<'_>, part: &Part, what: &str) -> Option<Uuid> {
    let id = part.text().and_then(uuid);
    if id.is_none() {
        reading.error(part, format!("{what} is a UUID, not {}{NO_UUID}", part.shown()));
    }
    id
}

/// Parses a UUID of 36 characters, as FeatureHub writes it, in upper or lower case. Other forms give `None`.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

fn properties(reading: &mut Reading<'_>, part: Option<Part>) -> BTreeMap<String, String> {
    let Some(part) = part else { return BTreeMap::new() };
    let Some(members) = part.members() else {
        reading.error(&part, format!("properties are a map, not {}", part.shown()));
        return BTreeMap::new();
    };
    let mut properties = BTreeMap::new();
    for member in members {
        let part = part.of(member);
        // The text of a property may be empty.
        let text = match part.text() {
            Some(text) => Some(text),
            None => reading.text(&part, "a property"),
        };
        properties.extend(text.map(|text| (member.name.to_string(), text.to_owned())));
    }
    properties
}

/// Reads one filter or a list of filters. A filter that is empty or not a text is left out, and an error is added.
pub(super) fn filters(reading: &mut Reading<'_>, part: Option<Part>) -> BTreeSet<String> {
    let parts = part.map(|part| reading.one_or_several(&part)).unwrap_or_default();
    let filters = parts.iter().filter_map(|part| {
        let filter = reading.text(part, "a filter")?;
        check_name(reading, part, "this filter", filter);
        Some(filter.to_owned())
    });
    filters.collect()
}
