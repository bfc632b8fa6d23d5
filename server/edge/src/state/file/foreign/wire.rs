//! Reads features in the form in which SDKs receive them: lists, bodies of responses to GET, and the storage of browsers.

use std::collections::{BTreeMap, HashMap};

use fh_eval::internal::wire::name;
use uuid::Uuid;

use super::super::feature::uuid;
use super::super::ids::environment_id;
use super::super::part::{Part, Reading};
use super::merge::{Contents, Found, Merge, definition, properties, strategies, value};
use crate::state::{Environment, FeatureValue};

/// The name of the environment for features that name no environment.
const UNNAMED: &str = "default";

/// Reads a list of features, which may belong to several environments.
pub(super) fn features(reading: &mut Reading<'_>, root: &Part) -> Contents {
    let features = root.items().unwrap_or_default();
    let mut groups: Vec<(Option<Uuid>, Vec<Part>)> = Vec::new();
    let mut places: HashMap<Option<Uuid>, usize> = HashMap::new();
    for feature in features {
        let id = feature.get(name::ENVIRONMENT);
        let id = id.as_ref().and_then(Part::text).and_then(uuid);
        let place = *places.entry(id).or_insert(groups.len());
        match groups.get_mut(place) {
            Some((_, group)) => group.push(feature),
            None => groups.push((id, vec![feature])),
        }
    }
    if groups.is_empty() {
        groups.push((None, Vec::new()));
    }
    let mut merge = Merge::default();
    for (id, features) in groups {
        let environment = match id.or(reading.options.environment) {
            Some(id) => empty(id, ""),
            None => {
                let environment = empty(environment_id(UNNAMED), UNNAMED);
                let what = format!(
                    "the file names no environment for these features; they are put into {}",
                    environment.id
                );
                reading.warn(root, what);
                environment
            }
        };
        one(reading, &mut merge, root, environment, &features);
    }
    finish(merge)
}

/// Reads a list of environments with their features.
pub(super) fn environments(reading: &mut Reading<'_>, list: Vec<Part>) -> Contents {
    let mut merge = Merge::default();
    for part in list {
        let id = part.get(name::ID);
        let Some(id) = id.as_ref().and_then(Part::text).and_then(uuid) else {
            reading.error(&part, "an environment is a map with an id, which is a UUID");
            continue;
        };
        let Some(features) = part.get(name::FEATURES).and_then(|features| features.items()) else {
            let what = format!("the environment {id} is left out: it has no features");
            reading.warn(&part, what);
            continue;
        };
        one(reading, &mut merge, &part, empty(id, ""), &features);
    }
    finish(merge)
}

fn finish(merge: Merge) -> Contents {
    let (features, environments) = merge.finish();
    Contents { features, environments, ..Contents::default() }
}

fn empty(id: Uuid, name: &str) -> Environment {
    Environment {
        id,
        name: name.to_owned(),
        cache_control: None,
        stale: false,
        profile: None,
        values: BTreeMap::new(),
    }
}

fn one(
    reading: &mut Reading<'_>,
    merge: &mut Merge,
    part: &Part,
    environment: Environment,
    features: &[Part],
) {
    let Some(mut gathered) = merge.begin(reading, part, environment) else { return };
    let mut evaluated = None;
    for part in features {
        if part.get(name::APPLIED).is_some() {
            evaluated = evaluated.or(Some(part));
        }
        if let Some(found) = feature(reading, part) {
            merge.feature(reading, &mut gathered, found);
        }
    }
    if let Some(part) = evaluated {
        let what = "a server has evaluated the features for one user (`v`): the file has the values of this user and no strategies";
        reading.warn(part, what);
    }
    merge.end(reading, part, gathered);
}

/// Reads a FeatureState. The result is `None` if the feature has no key or no known type, and a warning is added.
fn feature<'a>(reading: &mut Reading<'_>, part: &'a Part) -> Option<Found<'a>> {
    let mut feature = definition(reading, part, name::TYPE)?;
    feature.properties = properties(part.get(name::PROPERTIES));
    let strategies_part = part.get(name::STRATEGIES);
    let value = FeatureValue {
        value: value(reading, part, &feature),
        version: part.get(name::VERSION).and_then(|part| reading.count(&part, "a version")),
        locked: reading.flag(part.get(name::LOCKED).as_ref(), name::LOCKED),
        retired: reading.flag(part.get("retired").as_ref(), "retired"),
        strategies: strategies(strategies_part.as_ref()),
        ..FeatureValue::default()
    };
    Some(Found { part, feature, value: Some(value), strategies: strategies_part })
}
