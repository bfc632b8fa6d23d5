//! Reads a state of the conformance suite. Such a state has no API keys, because the program that serves it chooses them.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::super::account::Accounts;
use super::super::environment::cache_control;
use super::super::feature::filters;
use super::super::ids::{environment_id, value_id};
use super::super::part::{Part, Reading};
use super::merge::{Contents, Found, Merge, definition, properties, strategies, value};
use super::published::roles;
use crate::state::{Account, Environment, FeatureValue};

/// Reads a state of the conformance suite.
pub(super) fn read(reading: &mut Reading<'_>, root: &Part) -> Contents {
    if let Some(format) = root.get("format")
        && format.node.to_json() != "1"
    {
        reading.error(&format, format!("only format 1 is supported, not {}", format.shown()));
        return Contents::default();
    }
    let mut merge = Merge::default();
    let mut names: HashMap<String, Uuid> = HashMap::new();
    let list = root.get("environments").map(|list| reading.list(&list, "environments"));
    for part in list.unwrap_or_default() {
        if let Some((name, id)) = environment(reading, &mut merge, &part) {
            names.insert(name, id);
        }
    }
    let (features, environments) = merge.finish();
    let mut accounts = Accounts::default();
    let list = root.get("service_accounts").map(|list| reading.list(&list, "service_accounts"));
    let list = list.unwrap_or_default();
    for part in &list {
        account(reading, &mut accounts, part, &names);
    }
    if let Some(first) = list.first() {
        let what = "files of this form contain no keys, so no client can use the accounts until keys are \
             configured";
        reading.warn(first, what);
    }
    Contents { features, environments, accounts }
}

fn environment(
    reading: &mut Reading<'_>,
    merge: &mut Merge,
    part: &Part,
) -> Option<(String, Uuid)> {
    let name = part.get("ref");
    let Some(name) = name.as_ref().and_then(|name| reading.text(name, "ref")) else {
        reading.error(part, "an environment is a map with a ref");
        return None;
    };
    let id = environment_id(name);
    let environment = Environment {
        id,
        name: name.to_owned(),
        cache_control: part.get("cache_control").and_then(|part| cache_control(reading, &part)),
        stale: reading.flag(part.get("stale").as_ref(), "stale"),
        profile: None,
        values: BTreeMap::new(),
    };
    let mut gathered = merge.begin(reading, part, environment)?;
    let list = part.get("features").map(|list| reading.list(&list, "features"));
    for part in &list.unwrap_or_default() {
        if let Some(found) = feature(reading, part, id) {
            merge.feature(reading, &mut gathered, found);
        }
    }
    merge.end(reading, part, gathered);
    Some((name.to_owned(), id))
}

fn feature<'a>(reading: &mut Reading<'_>, part: &'a Part, environment: Uuid) -> Option<Found<'a>> {
    let mut feature = definition(reading, part, "type")?;
    feature.filters = filters(reading, part.get("filters"));
    feature.properties = properties(part.get("properties"));
    let strategies_part = part.get("strategies");
    let value = FeatureValue {
        value: value(reading, part, &feature),
        // The value id is made as for a state file, because states of the suite contain no value ids.
        value_id: Some(value_id(environment, &feature.key).to_string()),
        locked: reading.flag(part.get("locked").as_ref(), "locked"),
        retired: reading.flag(part.get("retired").as_ref(), "retired"),
        strategies: strategies(strategies_part.as_ref()),
        ..FeatureValue::default()
    };
    Some(Found { part, feature, value: Some(value), strategies: strategies_part })
}

fn account(
    reading: &mut Reading<'_>,
    accounts: &mut Accounts,
    part: &Part,
    names: &HashMap<String, Uuid>,
) {
    let name = part.get("ref");
    let Some(name) = name.as_ref().and_then(|name| reading.text(name, "ref")) else {
        return reading.error(part, "an account is a map with a ref");
    };
    let environment = part.get("env");
    let id = environment.as_ref().and_then(Part::text).and_then(|env| names.get(env)).copied();
    if id.is_none() {
        let at = environment.as_ref().unwrap_or(part);
        reading.error(at, "env names no environment of this state");
    }
    let roles = roles(reading, part.get("roles"));
    let account = Account {
        name: name.into(),
        client_keys: Vec::new(),
        server_keys: Vec::new(),
        filters: filters(reading, part.get("filters")),
        permissions: id.map(|id| (id, roles)).into_iter().collect(),
    };
    accounts.add(reading, part, account);
}
