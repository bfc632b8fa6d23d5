//! A feature in one environment. Its JSON is rendered once for all readers (edge-protocol 2.6).

mod received;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use fh_eval::{Evaluation, Kind};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::view::Detail;
use crate::state::{Feature, FeatureValue, Json};

/// The meaning of a feature's version. A version that is only the time of reading is left out of etags, so that restarts and replicas have
/// the same etags (D-95).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// The version was given in the state, or counts changes.
    Counts,
    /// The version is the time at which the file was read.
    IsATime,
}

/// A feature as it is served, with the pieces of its JSON rendered.
#[derive(Debug)]
pub(crate) struct ServedFeature {
    pub(crate) id: Uuid,
    pub(crate) key: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) version: i64,
    pub(crate) locked: bool,
    /// True if the feature is retired. Lists do not contain retired features. They are kept to announce their removal, and because PUT can
    /// change them.
    pub(crate) retired: bool,
    pub(crate) filters: BTreeSet<String>,
    /// The id of the value record, which profile `edge` hashes for percentages.
    pub(crate) value_id: Option<String>,
    /// The default value, which applies to every context for which no strategy matches. `None` if the feature is unset.
    pub(crate) value: Option<Json>,
    /// The properties. Only keys with the permission `EXTENDED_DATA` see them.
    pub(crate) properties: BTreeMap<String, String>,
    /// The values of the strategies by position, as raw JSON. `None` is a value that is null or missing.
    pub(crate) strategy_values: Vec<Option<Box<str>>>,
    /// The evaluated JSON up to the properties. The first element has the default value; the others have the values of the strategies in
    /// order. Each element is rendered when it is first needed.
    evaluated: Box<[OnceLock<Box<str>>]>,
    /// The id of the strategy that another Edge applied (member `v`); `None` if no Edge has evaluated the feature or no strategy matched.
    pub(crate) applied: Option<Box<str>>,
    /// The beginning of the feature's JSON: `{"id":…,"key":…`.
    name: Box<str>,
    /// The members `,"l":…,"version":…` of the feature's JSON.
    state: Box<str>,
    /// The member `,"type":…` of the feature's JSON; empty if another Edge sent none.
    type_member: Box<str>,
    /// The JSON `,"strategies":[…]`, or empty if there is no value record.
    strategies: Box<str>,
    /// The member `,"fp":{…}` of the feature's JSON; empty if there are no properties.
    fp: Box<str>,
    /// The JSON of members that another Edge sent and this project does not know, each after a comma.
    unknown_members: Box<str>,
    /// A digest of everything that readers see of the feature, except properties.
    digest: [u8; 32],
}

impl ServedFeature {
    /// Renders a feature. Without a value record, the feature is unset (edge-protocol 2.6).
    pub(crate) fn new(
        feature: &Feature,
        record: Option<&FeatureValue>,
        version: i64,
        counting: Counting,
    ) -> Self {
        let locked = record.is_some_and(|record| record.locked);
        let name =
            format!("{{\"id\":\"{}\",\"key\":{}", feature.id, Json::text(&feature.key).as_str());
        let value = record.and_then(|record| record.value.clone()).filter(|value| !value.is_null());
        let strategies = record.map(|record| list(&record.strategies));
        let strategies =
            strategies.map_or_else(String::new, |list| format!(",\"strategies\":{list}"));
        let mut fp = String::new();
        if !feature.properties.is_empty() {
            let map = serde_json::to_string(&feature.properties).unwrap_or_default();
            // Writing to a string cannot fail.
            let _ = write!(fp, ",\"fp\":{map}");
        }
        let strategy_values: Vec<_> =
            record.into_iter().flat_map(|record| &record.strategies).map(strategy_value).collect();
        let counted = if counting == Counting::Counts { version } else { 0 };
        let digest = digest([
            feature.id.to_string().as_str(),
            &feature.key,
            feature.kind.as_str(),
            if locked { "l" } else { "" },
            &counted.to_string(),
            &feature.version.to_string(),
            value.as_ref().map_or("", Json::as_str),
            &strategies,
        ]);
        Self {
            id: feature.id,
            key: Arc::clone(&feature.key),
            kind: feature.kind,
            version,
            locked,
            retired: record.is_some_and(|record| record.retired),
            filters: feature.filters.clone(),
            value_id: record.and_then(|record| record.value_id.clone()),
            value,
            properties: feature.properties.clone(),
            evaluated: forms(strategy_values.len()),
            strategy_values,
            applied: None,
            name: name.into(),
            state: state(locked, version),
            type_member: format!(",\"type\":\"{}\"", feature.kind).into(),
            strategies: strategies.into(),
            fp: fp.into(),
            unknown_members: Box::default(),
            digest,
        }
    }

    /// Appends the feature's JSON for client-evaluated keys: the default value and the strategies. A feature that another Edge evaluated
    /// has no strategies, but the id of the one that was applied.
    pub(crate) fn write_with_strategies(&self, out: &mut String, detail: Detail) {
        self.write_head(out, self.value.as_ref().map(Json::as_str));
        self.write_properties(out, detail);
        out.push_str(&self.strategies);
        out.push_str(&self.unknown_members);
        out.push('}');
    }

    /// Appends the feature's evaluated JSON: the value, and the id of the strategy that the value comes from.
    pub(crate) fn write_evaluated(
        &self,
        out: &mut String,
        evaluation: Option<&Evaluation<'_>>,
        detail: Detail,
    ) {
        let picked = evaluation.and_then(|evaluation| {
            Some((evaluation.strategy_position()?, evaluation.strategy_id()))
        });
        let form = self.evaluated.get(picked.map_or(0, |(position, _)| position + 1));
        match form {
            Some(form) => out.push_str(form.get_or_init(|| self.form(picked).into())),
            None => out.push_str(&self.form(picked)),
        }
        self.write_properties(out, detail);
        out.push('}');
    }

    fn form(&self, picked: Option<(usize, Option<&str>)>) -> String {
        let mut out = String::new();
        let value = match picked {
            Some((position, _)) => self.strategy_values.get(position).and_then(Option::as_deref),
            None => self.value.as_ref().map(Json::as_str),
        };
        self.write_head(&mut out, value);
        if let Some((_, Some(strategy))) = picked {
            out.push_str(",\"v\":");
            out.push_str(Json::text(strategy).as_str());
        }
        out
    }

    /// Appends the JSON that announces the feature's deletion: version 0 and no value.
    pub(crate) fn write_deleted(&self, out: &mut String) {
        out.push_str(&self.name);
        out.push_str(&state(false, 0));
        out.push_str(&self.type_member);
        out.push('}');
    }

    /// Returns the feature's definition without version, properties and filters, which suffices to read its strategies.
    pub(crate) fn definition(&self) -> Feature {
        Feature {
            id: self.id,
            key: Arc::clone(&self.key),
            kind: self.kind,
            version: 0,
            properties: BTreeMap::new(),
            filters: BTreeSet::new(),
        }
    }

    /// Returns the strategies as a JSON list, which is empty if there are none.
    pub(crate) fn strategies(&self) -> &str {
        self.strategies.strip_prefix(",\"strategies\":").unwrap_or("[]")
    }

    fn write_head(&self, out: &mut String, value: Option<&str>) {
        out.push_str(&self.name);
        out.push_str(&self.state);
        out.push_str(&self.type_member);
        if let Some(value) = value {
            out.push_str(",\"value\":");
            out.push_str(value);
        }
    }

    fn write_properties(&self, out: &mut String, detail: Detail) {
        if detail == Detail::Extended {
            out.push_str(&self.fp);
        }
    }

    /// Returns the feature's JSON for the compiler; `None` if it is not valid JSON.
    pub(crate) fn raw(&self) -> Option<Box<RawValue>> {
        let mut json = String::new();
        self.write_with_strategies(&mut json, Detail::Plain);
        RawValue::from_string(json).ok()
    }

    /// Adds everything that readers see of the feature to the hash of an etag.
    pub(crate) fn add_to(&self, hash: &mut hmac_sha256::Hash, detail: Detail) {
        hash.update(self.digest);
        if detail == Detail::Extended {
            hash.update((self.fp.len() as u64).to_le_bytes());
            hash.update(&*self.fp);
        }
    }

    /// Returns true if no reader could tell this feature from `other`.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        self.digest == other.digest
            && self.version == other.version
            && self.retired == other.retired
            && self.fp == other.fp
            && self.filters == other.filters
            && self.value_id == other.value_id
    }

    /// Returns true if keys with these filters see the feature. Empty filters see every feature that is not retired.
    pub(crate) fn is_visible(&self, filters: &BTreeSet<String>) -> bool {
        !self.retired && self.passes(filters)
    }

    /// Returns true if the filters admit the feature, whether it is retired or not.
    pub(crate) fn passes(&self, filters: &BTreeSet<String>) -> bool {
        filters.is_empty() || !filters.is_disjoint(&self.filters)
    }
}

/// Makes the empty cells for the evaluated JSON: one for the default value and one for each strategy.
fn forms(strategies: usize) -> Box<[OnceLock<Box<str>>]> {
    (0..=strategies).map(|_| OnceLock::new()).collect()
}

fn state(locked: bool, version: i64) -> Box<str> {
    format!(",\"l\":{locked},\"version\":{version}").into()
}

/// Returns a hash of these texts. The length of each text is hashed before it, so that the same text in other pieces has another hash.
fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = hmac_sha256::Hash::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()
}

/// Returns the value of a strategy as raw JSON; `None` if the value is null or missing.
fn strategy_value(strategy: &Json) -> Option<Box<str>> {
    #[derive(serde::Deserialize)]
    struct Valued<'a> {
        #[serde(borrow, default)]
        value: Option<&'a RawValue>,
    }
    let value = serde_json::from_str::<Valued<'_>>(strategy.as_str()).ok()?.value?;
    (value.get() != "null").then(|| value.get().into())
}

/// Joins pieces of JSON into a JSON list.
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
