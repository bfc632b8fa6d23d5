//! Merges the features of several environments into one list of feature definitions.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use fh_eval::Kind;
use fh_eval::internal::wire::name;
use uuid::Uuid;

use super::super::account::Accounts;
use super::super::feature::uuid;
use super::super::ids::feature_id;
use super::super::names::check_key;
use super::super::part::{Part, Reading};
use super::super::problem::excerpt;
use super::super::review::{Review, Reviewed};
use super::super::typed::typed;
use crate::state::{Environment, Feature, FeatureValue, Json};

/// The features, environments and accounts of a document of any form.
#[derive(Default)]
pub(in crate::state::file) struct Contents {
    pub(in crate::state::file) features: Vec<Feature>,
    pub(in crate::state::file) environments: Vec<Environment>,
    pub(in crate::state::file) accounts: Accounts,
}

/// The features and environments of a document that were read so far.
#[derive(Default)]
pub(super) struct Merge {
    features: Vec<Feature>,
    places: HashMap<Arc<str>, usize>,
    /// The feature key for each feature id.
    ids: HashMap<Uuid, Arc<str>>,
    environments: Vec<Environment>,
    environment_ids: HashSet<Uuid>,
    /// The keys of the features that each environment lists, in the order of `environments`.
    listed_keys: Vec<HashSet<Arc<str>>>,
}

/// An environment that is being read.
pub(super) struct Gathered {
    environment: Environment,
    keys: HashSet<Arc<str>>,
    review: Review,
}

/// A feature in the list of an environment.
pub(super) struct Found<'a> {
    pub(super) part: &'a Part,
    pub(super) feature: Feature,
    /// The value of the feature; `None` if the environment has no value record.
    pub(super) value: Option<FeatureValue>,
    pub(super) strategies: Option<Part>,
}

impl Merge {
    /// Starts reading an environment. If an earlier environment has the same id, an error is added and the result is `None`.
    pub(super) fn begin(
        &mut self,
        reading: &mut Reading<'_>,
        part: &Part,
        environment: Environment,
    ) -> Option<Gathered> {
        if !self.environment_ids.insert(environment.id) {
            reading.error(
                part,
                format!("the environment {} is in this document twice", environment.id),
            );
            return None;
        }
        let review = Review::new(reading.options, environment.profile);
        Some(Gathered { environment, keys: HashSet::new(), review })
    }

    /// Adds a feature that an environment lists, and merges its definition with that of earlier environments. A feature that is listed
    /// twice, has another id or type than before, or has the id of another feature, is an error.
    pub(super) fn feature(
        &mut self,
        reading: &mut Reading<'_>,
        gathered: &mut Gathered,
        found: Found<'_>,
    ) {
        let Found { part, feature, value, strategies } = found;
        let key = Arc::clone(&feature.key);
        if !gathered.keys.insert(Arc::clone(&key)) {
            return reading.error(part, format!("the feature {key} is in this environment twice"));
        }
        if let Some(value) = value {
            let strategies = strategies.as_ref();
            if let Some(part) = strategies.filter(|part| !part.is_null() && part.items().is_none())
            {
                reading.warn(part, "expected a list of strategies; the feature has no strategies");
            }
            let has_value_id = value.value_id.is_some();
            let reviewed = Reviewed { part, strategies, has_value_id };
            gathered.review.value(reading, &feature, &value, &reviewed);
            gathered.environment.values.insert(Arc::clone(&key), value);
        }
        match self.places.get(&key).and_then(|place| self.features.get_mut(*place)) {
            Some(known) if known.id != feature.id || known.kind != feature.kind => {
                let what = format!(
                    "the feature {key} has another id or type than in an earlier environment; environments of several applications need \
                     several files"
                );
                reading.error(part, what);
            }
            Some(known) => {
                known.version = known.version.max(feature.version);
                known.filters.extend(feature.filters);
                known.properties.extend(feature.properties);
            }
            None => {
                if let Some(other) = self.ids.insert(feature.id, Arc::clone(&key)) {
                    reading.error(part, format!("the feature {other} has the same id"));
                }
                self.places.insert(key, self.features.len());
                self.features.push(feature);
            }
        }
    }

    /// Ends reading an environment: adds the warnings about the environment, and adds the environment to the result.
    pub(super) fn end(&mut self, reading: &mut Reading<'_>, part: &Part, gathered: Gathered) {
        gathered.review.finish(reading, part);
        self.environments.push(gathered.environment);
        self.listed_keys.push(gathered.keys);
    }

    /// Returns all features and environments. A feature is retired in environments that do not list it.
    pub(super) fn finish(mut self) -> (Vec<Feature>, Vec<Environment>) {
        for (environment, keys) in self.environments.iter_mut().zip(&self.listed_keys) {
            for feature in &self.features {
                if !keys.contains(&feature.key) {
                    let hidden = FeatureValue {
                        value: feature.unset_value(),
                        retired: true,
                        ..FeatureValue::default()
                    };
                    environment.values.insert(Arc::clone(&feature.key), hidden);
                }
            }
        }
        (self.features, self.environments)
    }
}

/// Reads the definition of a feature. If the feature has no key or no known type, a warning is added and the result is `None`.
pub(super) fn definition(
    reading: &mut Reading<'_>,
    part: &Part,
    type_name: &str,
) -> Option<Feature> {
    let key = part.get(name::KEY);
    let Some(key) = key.as_ref().and_then(Part::text).filter(|key| !key.is_empty()) else {
        reading.warn(part, "this entry is left out: a feature is a map with a key");
        return None;
    };
    check_key(reading, part, key);
    let kind = part.get(type_name);
    let Some(kind) = kind.as_ref().and_then(Part::text).and_then(Kind::from_wire) else {
        let key = excerpt(key);
        reading.warn(part, format!("{key} is left out: its type is unknown"));
        return None;
    };
    let id = part.get(name::ID);
    let id = id.and_then(|id| {
        let known = id.text().and_then(uuid);
        if known.is_none() {
            let what = format!(
                "{} is no UUID; instead, an id is derived from the key, and percentages are computed from this id",
                id.shown()
            );
            reading.warn(&id, what);
        }
        known
    });
    Some(Feature {
        id: id.unwrap_or_else(|| feature_id(key)),
        key: key.into(),
        kind,
        version: 0,
        properties: BTreeMap::new(),
        filters: BTreeSet::new(),
    })
}

/// Reads the value of a feature. A value that does not have the feature's type is replaced by
/// [`Mismatch::taken`](super::super::typed::Mismatch::taken), and a warning is added.
pub(super) fn value(reading: &mut Reading<'_>, part: &Part, feature: &Feature) -> Option<Json> {
    let Some(part) = part.get(name::VALUE) else { return feature.unset_value() };
    typed(feature.kind, &part.node).unwrap_or_else(|mismatch| {
        let taken = mismatch.taken;
        let as_what = taken.as_ref().map_or("nothing", Json::as_str);
        reading
            .warn(&part, format!("{}; the value is read as {}", mismatch.what, excerpt(as_what)));
        taken
    })
}

/// Reads the properties of a feature. A property whose value is not a text is left out.
pub(super) fn properties(part: Option<Part>) -> BTreeMap<String, String> {
    let Some(part) = part else { return BTreeMap::new() };
    let members = part.members().unwrap_or_default().iter();
    let texts = members
        .filter_map(|member| Some((member.name.to_string(), part.of(member).text()?.to_owned())));
    texts.collect()
}

/// Reads a list of strategies in the form of the protocol. A strategy that is not valid JSON is left out.
pub(super) fn strategies(part: Option<&Part>) -> Vec<Json> {
    let items = part.and_then(Part::items).unwrap_or_default();
    items.iter().filter_map(|item| Json::parse(&item.node.to_json()).ok()).collect()
}
