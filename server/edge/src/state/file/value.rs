//! Reads the member `values` of an environment, which holds the values of features.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fh_eval::Kind;
use fh_files::Content;
use uuid::Uuid;

use super::feature::Features;
use super::ids::value_id;
use super::part::{Part, Reading};
use super::review::{Review, Reviewed};
use super::strategy;
use super::typed::typed;
use crate::lint::CODES;
use crate::state::{Feature, FeatureValue, Json};

const MEMBERS: [&str; 7] =
    ["value", "valueId", "version", "locked", "retired", "strategies", "accept"];

/// Reads the values of an environment, by feature key.
pub(super) fn values(
    reading: &mut Reading<'_>,
    part: &Part,
    environment: Uuid,
    features: &Features,
    review: &mut Review,
) -> BTreeMap<Arc<str>, FeatureValue> {
    let mut values = BTreeMap::new();
    let Some(members) = part.members() else {
        reading.error(
            part,
            format!("values are a map by feature, not {}: write `FEATURE: VALUE`", part.shown()),
        );
        return values;
    };
    for member in members {
        let part = part.of(member);
        match features.get(&member.name) {
            Ok(Some(feature)) => {
                let value = value(reading, &part, environment, feature, review);
                values.insert(Arc::clone(&feature.key), value);
            }
            Ok(None) => {}
            Err(_) => {
                let meant = reading.choice(&member.name, "features", features.keys());
                let what = format!("there is no such feature under `features`{meant}");
                reading.error_at(member.position, &part.path, what);
            }
        }
    }
    values
}

/// Reads the value of one feature: either the default value alone, or a map with the members of a value.
fn value(
    reading: &mut Reading<'_>,
    part: &Part,
    environment: Uuid,
    feature: &Feature,
    review: &mut Review,
) -> FeatureValue {
    let derived = || Some(value_id(environment, &feature.key).to_string());
    if !matches!(part.content(), Content::Map(_)) {
        let value = checked(reading, part, feature.kind);
        return FeatureValue { value, value_id: derived(), ..FeatureValue::default() };
    }
    if feature.kind == Kind::Json
        && part.members().is_some_and(|all| {
            !all.is_empty() && all.iter().all(|member| !MEMBERS.contains(&&*member.name))
        })
    {
        reading.error(part, "write the map of a JSON feature under `value`");
        return FeatureValue::default();
    }
    reading.map_of(part, "a value", &MEMBERS);
    let value = match part.node.get("value") {
        None => feature.unset_value(),
        Some(node) => {
            let part = Part { node: Arc::clone(node), path: part.path.member("value") };
            checked(reading, &part, feature.kind)
        }
    };
    let id = part.get("valueId");
    let id = id.map(|part| reading.text(&part, "a valueId").map(str::to_owned));
    let strategies = part.get("strategies");
    let jsons: Vec<Json> = match &strategies {
        None => Vec::new(),
        Some(part) => {
            let list = reading.list(part, "strategies");
            list.iter().map(|part| strategy::read(reading, part, feature.kind)).collect()
        }
    };
    let value = FeatureValue {
        value,
        value_id: id.clone().flatten().or_else(derived),
        version: part.get("version").and_then(|part| reading.count(&part, "a version")),
        locked: reading.flag(part.get("locked").as_ref(), "locked"),
        retired: reading.flag(part.get("retired").as_ref(), "retired"),
        strategies: jsons,
        accept: accept(reading, part.get("accept")),
    };
    review.value(
        reading,
        feature,
        &value,
        &Reviewed { part, strategies: strategies.as_ref(), has_value_id: id.is_some() },
    );
    value
}

/// Reads the names of the checks whose warnings are accepted. A name that no check has is left out, and an error is added.
fn accept(reading: &mut Reading<'_>, part: Option<Part>) -> BTreeSet<String> {
    let parts = part.map(|part| reading.one_or_several(&part)).unwrap_or_default();
    let known = || CODES.iter().map(|(code, _)| *code);
    let mut accepted = BTreeSet::new();
    for part in &parts {
        let Some(code) = reading.text(part, "the name of a check") else { continue };
        if known().any(|known| known == code) {
            accepted.insert(code.to_owned());
        } else {
            let meant = reading.suggestion(code, known());
            reading.error(part, format!("no check has the name {}{meant}", part.shown()));
        }
    }
    accepted
}

fn checked(reading: &mut Reading<'_>, part: &Part, kind: Kind) -> Option<Json> {
    typed(kind, &part.node).unwrap_or_else(|mismatch| {
        reading.error(part, mismatch.what);
        None
    })
}
