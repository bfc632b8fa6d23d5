//! A feature in one environment. Clients share its rendered JSON.

mod received;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use fh_eval::internal::wire::{self, name, write_member};
use fh_eval::{Evaluation, Kind};
use uuid::Uuid;

use super::view_key::Detail;
use crate::digest::Hash;
use crate::state::{Feature, FeatureText, FeatureValue, Json, Payload};

/// The meaning of a feature's version. A version that is only the time of reading is left out of etags, so that restarts and replicas have
/// the same etags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    /// The version was given in the state, or it counts the changes of the feature.
    Counts,
    /// The version was made from a time at which values were read from the state, in milliseconds since 1970. The version may be higher
    /// than that time, for example because another feature had a higher version before.
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
    /// True if the feature is retired, so that no view shows it. The Edge keeps retired features to announce their removal, and because PUT
    /// can change them.
    pub(crate) retired: bool,
    pub(crate) filters: BTreeSet<String>,
    /// The id of the value record, which profile `edge` hashes for percentages.
    pub(crate) value_id: Option<String>,
    /// The default value, which applies to every context for which no strategy matches, or the value that another Edge evaluated. `None` if
    /// the value is null or missing.
    pub(crate) value: Option<Json>,
    /// The properties whose values are texts. API keys see properties only with the permission `EXTENDED_DATA`.
    pub(crate) properties: BTreeMap<String, String>,
    /// The values of the strategies by position, as raw JSON. `None` is a value that is null or missing.
    pub(crate) strategy_values: Vec<Option<Box<str>>>,
    /// The evaluated JSON of the feature up to the properties, one element for each possible value. The first element has the default
    /// value; the others have the values of the strategies in order. Each element is rendered when it is first needed.
    evaluated: Box<[OnceLock<Box<str>>]>,
    /// The id of the strategy that another Edge applied (member `v`); `None` if no Edge has sent this id as a text.
    pub(crate) applied: Option<Box<str>>,
    /// The form in which clients get the strategies of the state.
    pub(crate) payload: Payload,
    /// True if strategies of the received feature exceeded the limits and were removed.
    pub(crate) lacks_strategies: bool,
    /// The feature's JSON without properties.
    text: FeatureText,
    /// The member `,"fp":{…}` of the feature's JSON; empty if the JSON has no such member.
    fp: Box<str>,
    /// A digest of all data of the feature that clients see, except properties and versions that are times.
    digest: [u8; 32],
}

impl ServedFeature {
    /// Renders a feature of the state. If `record` is `None`, the feature is unset. If the feature that was served before
    /// has the same strategies, they are not compiled again for clients.
    pub(crate) fn new(
        feature: &Feature,
        record: Option<&FeatureValue>,
        version: i64,
        counting: Counting,
        before: Option<&Self>,
    ) -> Self {
        let locked = record.is_some_and(|record| record.locked);
        let value = record.and_then(|record| record.value.clone()).filter(|value| !value.is_null());
        let text = FeatureText::of(feature, record, version);
        let mut fp = String::new();
        if !feature.properties.is_empty() {
            let map = serde_json::to_string(&feature.properties).unwrap_or_default();
            write_member(&mut fp, name::PROPERTIES, &map);
        }
        let strategy_values = text.strategy_values();
        let before = before.filter(|before| before.strategies() == text.strategies());
        let payload = before.map_or_else(|| Payload::of(&text), |before| before.payload.clone());
        let counted = if counting == Counting::Counts { version } else { 0 };
        let digest = digest([
            feature.id.to_string().as_str(),
            &feature.key,
            feature.kind.as_str(),
            if locked { name::LOCKED } else { "" },
            &counted.to_string(),
            &feature.version.to_string(),
            value.as_ref().map_or("", Json::as_str),
            payload.strategies.as_deref().unwrap_or_else(|| text.strategies_member()),
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
            payload,
            lacks_strategies: false,
            text,
            fp: fp.into(),
            digest,
        }
    }

    /// Appends the feature's JSON for a shared view to `out`. The JSON contains the default value and the strategies, if there are any. If
    /// another Edge evaluated the feature, the JSON contains the evaluated value and the id of the strategy that was applied, but no
    /// strategies.
    pub(crate) fn write_with_strategies(&self, out: &mut String, detail: Detail) {
        out.push_str(self.text.head());
        self.write_properties(out, detail);
        match &self.payload.strategies {
            Some(strategies) => {
                write_member(out, name::STRATEGIES, strategies);
                out.push('}');
            }
            None => out.push_str(self.text.tail()),
        }
    }

    /// Appends the feature's evaluated JSON to `out`. The JSON contains the value, and the id of the strategy that the value comes from, if
    /// there is one. If `evaluation` is `None`, the value is the default value.
    pub(crate) fn write_evaluated(
        &self,
        out: &mut String,
        evaluation: Option<&Evaluation<'_>>,
        detail: Detail,
    ) {
        let picked = evaluation.and_then(|evaluation| {
            let position = evaluation.strategy_position()?;
            Some((position, self.strategy_id(position, evaluation.strategy_id())))
        });
        let form = self.evaluated.get(picked.map_or(0, |(position, _)| position + 1));
        match form {
            Some(form) => out.push_str(form.get_or_init(|| self.form(picked).into())),
            None => out.push_str(&self.form(picked)),
        }
        self.write_properties(out, detail);
        out.push('}');
    }

    /// Returns the id of the strategy at this position. `own` is its id as written.
    pub(crate) fn strategy_id<'s>(
        &'s self,
        position: usize,
        own: Option<&'s str>,
    ) -> Option<&'s str> {
        self.payload.ids.get(position).and_then(Option::as_deref).or(own)
    }

    fn form(&self, picked: Option<(usize, Option<&str>)>) -> String {
        let Some((position, strategy)) = picked else { return self.text.head().to_string() };
        let mut out = self.text.before_value().to_string();
        if let Some(Some(value)) = self.strategy_values.get(position) {
            write_member(&mut out, name::VALUE, value);
        }
        if let Some(strategy) = strategy {
            write_member(&mut out, name::APPLIED, Json::text(strategy).as_str());
        }
        out
    }

    /// Appends the JSON that announces the feature's deletion, with version 0 and no value, to `out`.
    pub(crate) fn write_deleted(&self, out: &mut String) {
        out.push_str(self.text.name());
        write_member(out, name::LOCKED, "false");
        write_member(out, name::VERSION, "0");
        out.push_str(self.text.type_member());
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

    /// Returns the strategies as a JSON list, which is empty if the feature has no strategies.
    pub(crate) fn strategies(&self) -> &str {
        self.text.strategies()
    }

    fn write_properties(&self, out: &mut String, detail: Detail) {
        if detail == Detail::Extended {
            out.push_str(&self.fp);
        }
    }

    /// Returns the feature's JSON for client-evaluated keys, without properties.
    pub(crate) fn json(&self) -> &Arc<str> {
        self.text.json()
    }

    /// Returns the parts of the feature's JSON that the compiler reads.
    pub(crate) fn parts(&self) -> wire::Feature<'_> {
        self.text.parts()
    }

    /// Adds all data of the feature that clients see, except versions that are times, to the hash of an etag. The properties are added only
    /// for [`Detail::Extended`].
    pub(crate) fn add_to(&self, hash: &mut Hash, detail: Detail) {
        hash.update(self.digest);
        self.add_properties_to(hash, detail);
    }

    /// Adds the data of the feature that the answers of OFREP depend on to the hash of an etag, which is all but the lock and the version.
    pub(crate) fn add_values_to(&self, hash: &mut Hash, detail: Detail) {
        hash.update(digest([
            self.text.name(),
            self.text.type_member(),
            self.value.as_ref().map_or("", Json::as_str),
            self.text.strategies_member(),
            self.applied.as_deref().unwrap_or_default(),
        ]));
        self.add_properties_to(hash, detail);
    }

    fn add_properties_to(&self, hash: &mut Hash, detail: Detail) {
        if detail == Detail::Extended {
            hash.update((self.fp.len() as u64).to_le_bytes());
            hash.update(&*self.fp);
        }
    }

    /// Returns true only if no client could see a difference between this feature and `other`.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        self.digest == other.digest
            && self.strategies() == other.strategies()
            && self.version == other.version
            && self.retired == other.retired
            && self.fp == other.fp
            && self.filters == other.filters
            && self.value_id == other.value_id
            && self.lacks_strategies == other.lacks_strategies
    }

    /// Returns an upper bound of the feature's bytes in an answer.
    pub(crate) fn most_bytes(&self) -> usize {
        // An evaluated feature may have the id of its strategy in addition.
        let strategies = self.payload.strategies.as_ref().map_or(0, |list| list.len());
        self.json().len() + strategies + self.fp.len() + 64
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

/// Returns a hash of these texts. The length of each text is hashed before it, so that the same characters split in another way have
/// another hash.
fn digest<'a>(parts: impl IntoIterator<Item = &'a str>) -> [u8; 32] {
    let mut hash = Hash::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finalize()
}
