//! One feature in one environment, its JSON rendered once for all who read it (edge-protocol 2.6).

mod received;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use fh_eval::{Evaluation, Kind};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::moment::Moments;
use super::view::Detail;
use crate::state::{Feature, FeatureValue, Json};

/// Does the version count in etags? A version that stands for "when this was read" does not, so that restarts and replicas
/// agree (D-95).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// It was stated, or counts changes.
    Counts,
    /// It is the time at which the file was read.
    IsATime,
}

/// A feature as it is served.
#[derive(Debug)]
pub(crate) struct ServedFeature {
    pub(crate) id: Uuid,
    pub(crate) key: Arc<str>,
    pub(crate) kind: Kind,
    pub(crate) version: i64,
    pub(crate) locked: bool,
    /// Retired features are in no list; they are kept to say that they are gone, and to be changed by PUT.
    pub(crate) retired: bool,
    pub(crate) filters: BTreeSet<String>,
    /// What profile `edge` hashes.
    pub(crate) value_id: Option<String>,
    /// The value of everybody whom no strategy picks.
    pub(crate) value: Option<Json>,
    /// Shown to those who may see them.
    pub(crate) properties: BTreeMap<String, String>,
    /// The values of its strategies, by position, as they stand in the JSON; `None` is null.
    pub(crate) strategy_values: Vec<Option<Box<str>>>,
    /// What it looks like evaluated up to its properties: for everybody whom no strategy picks, then by position of the strategy.
    /// Each is made when it is needed first.
    evaluated: Box<[OnceLock<Box<str>>]>,
    /// When answers change because time passes.
    pub(crate) moments: Moments,
    /// The strategy that another Edge has applied (`v`), if it evaluated.
    pub(crate) applied: Option<Box<str>>,
    /// `{"id":…,"key":…`
    name: Box<str>,
    /// `,"l":…,"version":…`
    state: Box<str>,
    /// `,"type":…`
    type_member: Box<str>,
    /// `,"strategies":[…]`, or nothing if there is no value record.
    strategies: Box<str>,
    /// `,"fp":{…}`, or nothing.
    fp: Box<str>,
    /// Members that another Edge sent and this project does not know, each with its comma.
    unknown_members: Box<str>,
    /// Stands for what readers see, properties apart.
    digest: [u8; 32],
}

impl ServedFeature {
    /// Renders a feature. Without a value record it is unset (edge-protocol 2.6).
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
        let moments =
            record.map_or_else(Moments::default, |record| Moments::of(&record.strategies));
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
            moments,
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

    /// Appends it as holders of client-evaluated keys see it: everybody's value, and the strategies. What another Edge has
    /// evaluated has no strategies, but the one that was applied.
    pub(crate) fn write_with_strategies(&self, out: &mut String, detail: Detail) {
        self.write_head(out, self.value.as_ref().map(Json::as_str));
        self.write_properties(out, detail);
        out.push_str(&self.strategies);
        out.push_str(&self.unknown_members);
        out.push('}');
    }

    /// Appends it evaluated: a value, and the id of the strategy that it comes from.
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

    /// Appends what is left of it once it was deleted.
    pub(crate) fn write_deleted(&self, out: &mut String) {
        out.push_str(&self.name);
        out.push_str(&state(false, 0));
        out.push_str(&self.type_member);
        out.push('}');
    }

    /// The kind of the feature in every environment, by which its strategies are read.
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

    /// Its strategies, as a JSON list.
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

    /// Its JSON for the compiler.
    pub(crate) fn raw(&self) -> Option<Box<RawValue>> {
        let mut json = String::new();
        self.write_with_strategies(&mut json, Detail::Plain);
        RawValue::from_string(json).ok()
    }

    /// Adds what readers see of it to a tag.
    pub(crate) fn add_to(&self, hash: &mut hmac_sha256::Hash, detail: Detail) {
        hash.update(self.digest);
        if detail == Detail::Extended {
            hash.update((self.fp.len() as u64).to_le_bytes());
            hash.update(&*self.fp);
        }
    }

    /// Does anything differ that anybody could see?
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        self.digest == other.digest
            && self.version == other.version
            && self.retired == other.retired
            && self.fp == other.fp
            && self.filters == other.filters
            && self.value_id == other.value_id
    }

    /// Is it seen by those with these filters? None: everything is.
    pub(crate) fn is_visible(&self, filters: &BTreeSet<String>) -> bool {
        !self.retired && self.passes(filters)
    }

    /// Would it be, if it were not retired?
    pub(crate) fn passes(&self, filters: &BTreeSet<String>) -> bool {
        filters.is_empty() || !filters.is_disjoint(&self.filters)
    }
}

/// Places for what a feature of so many strategies looks like evaluated.
fn forms(strategies: usize) -> Box<[OnceLock<Box<str>>]> {
    (0..=strategies).map(|_| OnceLock::new()).collect()
}

fn state(locked: bool, version: i64) -> Box<str> {
    format!(",\"l\":{locked},\"version\":{version}").into()
}

/// Stands for these texts, one after the other.
fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = hmac_sha256::Hash::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()
}

/// The value of a strategy, as it stands in its JSON.
fn strategy_value(strategy: &Json) -> Option<Box<str>> {
    #[derive(serde::Deserialize)]
    struct Valued<'a> {
        #[serde(borrow, default)]
        value: Option<&'a RawValue>,
    }
    let value = serde_json::from_str::<Valued<'_>>(strategy.as_str()).ok()?.value?;
    (value.get() != "null").then(|| value.get().into())
}

/// Pieces of JSON as a list.
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
