//! Reads data that a management repository publishes: environments with all data that an Edge needs, and service accounts.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use fh_eval::internal::wire::{UnknownMember, name};
use fh_files::quoted;
use uuid::Uuid;

use super::super::account::Accounts;
use super::super::environment::cache_control;
use super::super::feature::{filters, uuid};
use super::super::keys::KeyKind;
use super::super::names::check_name;
use super::super::part::{Part, Reading};
use super::super::problem::excerpt;
use super::merge::{Contents, Found, Merge, definition, properties, value};
use crate::state::{Account, Environment, FeatureValue, Json, Permission, Permissions};

/// Returns true if the part has members of a PublishEnvironment, an EnrichedFeatures or a CacheServiceAccount, or of a response that
/// contains one of these.
pub(super) fn is_one(part: &Part) -> bool {
    let has = |name| part.node.get(name).is_some();
    let holds = |name, inner: &[&str]| {
        part.get(name).is_some_and(|part| inner.iter().any(|name| part.get(name).is_some()))
    };
    has("fv")
        || has("apiKeyClientSide")
        || has("apiKeyServerSide")
        || holds("env", &["environment", "fv"])
        || holds("environment", &["environment", "fv"])
        || holds("serviceAccount", &["apiKeyClientSide", "apiKeyServerSide"])
}

/// Reads a list of published environments and service accounts.
pub(super) fn read(reading: &mut Reading<'_>, list: Vec<Part>) -> Contents {
    let mut merge = Merge::default();
    let mut service_accounts = Vec::new();
    for part in list {
        let mut is_known = false;
        if let Some(inner) = environment_in(&part) {
            is_known = true;
            environment(reading, &mut merge, &inner);
        }
        let account = part.get("serviceAccount");
        let has_key = |part: &Part| {
            part.get("apiKeyClientSide").or_else(|| part.get("apiKeyServerSide")).is_some()
        };
        if let Some(account) = account.or_else(|| has_key(&part).then(|| part.clone())) {
            is_known = true;
            service_accounts.push(account);
        }
        if !is_known {
            reading
                .warn(&part, "this part is left out: it is neither an environment nor an account");
        }
    }
    let (features, environments) = merge.finish();
    let mut accounts = Accounts::default();
    let ids: HashSet<Uuid> = environments.iter().map(|each| each.id).collect();
    for part in service_accounts {
        service_account(reading, &mut accounts, &part, &ids);
    }
    Contents { features, environments, accounts }
}

/// Returns the PublishEnvironment that this part is or contains; `None` if there is none.
fn environment_in(part: &Part) -> Option<Part> {
    if part.get("fv").is_some() {
        return Some(part.clone());
    }
    let inner = part.get("env").or_else(|| part.get("environment"))?;
    (inner.get("fv").is_some() || inner.get("environment").is_some()).then_some(inner)
}

fn environment(reading: &mut Reading<'_>, merge: &mut Merge, part: &Part) {
    let action = part.get("action");
    if let Some(action @ ("DELETE" | "EMPTY")) = action.as_ref().and_then(Part::text) {
        return reading.warn(part, format!("this environment is left out: its action is {action}"));
    }
    let Some(about) = part.get("environment") else {
        return reading.error(part, "there is no `environment` beside `fv`");
    };
    let id = about.get("id");
    let Some(id) = id.as_ref().and_then(Part::text).and_then(uuid) else {
        return reading.error(&about, "an environment has an id, which is a UUID");
    };
    let header = about.get("eInf").and_then(|information| information.get("cacheControl"));
    let name = about.get("name");
    if let Some((part, name)) = name.as_ref().and_then(|part| Some((part, part.text()?))) {
        check_name(reading, part, "this name", name);
    }
    let environment = Environment {
        id,
        name: name.as_ref().and_then(Part::text).unwrap_or_default().to_owned(),
        cache_control: header.and_then(|part| cache_control(reading, &part)),
        stale: false,
        profile: None,
        values: BTreeMap::new(),
    };
    let Some(mut gathered) = merge.begin(reading, part, environment) else { return };
    let features = part.get("fv").map(|list| reading.list(&list, "fv")).unwrap_or_default();
    for part in &features {
        if let Some(found) = feature(reading, part) {
            merge.feature(reading, &mut gathered, found);
        }
    }
    merge.end(reading, part, gathered);
}

/// Reads a CacheEnvironmentFeature. The result is `None` if the feature has no key or no known type, and a warning is added.
fn feature<'a>(reading: &mut Reading<'_>, part: &'a Part) -> Option<Found<'a>> {
    let about = part.get("feature").unwrap_or_else(|| part.clone());
    let mut feature = definition(reading, &about, "valueType")?;
    let version = about.get("version").and_then(|part| reading.count(&part, "a version"));
    feature.version = version.unwrap_or(0);
    feature.filters = filters(reading, about.get("filters"));
    feature.properties = properties(part.get(name::PROPERTIES));
    let Some(record) = part.get("value") else {
        return Some(Found { part, feature, value: None, strategies: None });
    };
    let strategies = record.get("rolloutStrategies");
    let id = record.get("id");
    let value = FeatureValue {
        value: value(reading, &record, &feature),
        value_id: id.as_ref().and_then(Part::text).map(str::to_owned),
        version: record.get("version").and_then(|part| reading.count(&part, "a version")),
        locked: reading.flag(record.get("locked").as_ref(), "locked"),
        retired: reading.flag(record.get("retired").as_ref(), "retired"),
        strategies: strategies.as_ref().map(sent).unwrap_or_default(),
        ..FeatureValue::default()
    };
    Some(Found { part, feature, value: Some(value), strategies })
}

/// Returns the strategies of a value record with only those members that a server sends to SDKs. Misspelt members are
/// kept as well, so that the review reports them.
fn sent(part: &Part) -> Vec<Json> {
    type Write<'a> = &'a dyn Fn(&str, Part) -> String;
    let object = |part: &Part, names: &[&str], is_misspelt: fn(&str) -> bool, json: Write<'_>| {
        let Some(members) = part.members() else { return part.node.to_json() };
        let kept = members
            .iter()
            .filter(|member| names.contains(&&*member.name) || is_misspelt(&member.name));
        let kept = kept.filter_map(|member| {
            let part = part.get(&member.name)?;
            Some(format!("{}:{}", quoted(&member.name), json(&member.name, part)))
        });
        format!("{{{}}}", kept.collect::<Vec<_>>().join(","))
    };
    let rule = |part: Part| {
        let is_misspelt = |name: &str| UnknownMember::meant_in_rule(name).is_some();
        object(&part, &name::OF_RULE, is_misspelt, &|_, part| part.node.to_json())
    };
    let strategy = |part: &Part| {
        let is_misspelt = |name: &str| UnknownMember::meant_in_strategy(name).is_some();
        object(part, &name::OF_STRATEGY, is_misspelt, &|member, part| match part.items() {
            Some(rules) if member == name::RULES => {
                format!("[{}]", rules.into_iter().map(rule).collect::<Vec<_>>().join(","))
            }
            _ => part.node.to_json(),
        })
    };
    let items = part.items().unwrap_or_default();
    items.iter().filter_map(|part| Json::parse(&strategy(part)).ok()).collect()
}

/// Reads a CacheServiceAccount, and adds it to the accounts. Its permissions in environments that the document does not contain are left
/// out.
fn service_account(
    reading: &mut Reading<'_>,
    accounts: &mut Accounts,
    part: &Part,
    environments: &HashSet<Uuid>,
) {
    let id = part.get("id");
    let name: Arc<str> = match id.as_ref().and_then(Part::text) {
        Some(id) => id.into(),
        None => format!("account-{}", accounts.list.len() + 1).into(),
    };
    let mut permissions = BTreeMap::new();
    let granted = part.get("permissions").and_then(|list| list.items()).unwrap_or_default();
    for part in granted {
        let id = part.get(name::ENVIRONMENT);
        let id = id.as_ref().and_then(Part::text).and_then(uuid);
        // An account may have permissions in environments that the document does not contain.
        if let Some(id) = id.filter(|id| environments.contains(id)) {
            permissions.insert(id, roles(reading, part.get("permissions")));
        }
    }
    let keys = &mut accounts.keys;
    let account = Account {
        name,
        client_keys: keys.read(reading, part.get("apiKeyClientSide"), KeyKind::Client),
        server_keys: keys.read(reading, part.get("apiKeyServerSide"), KeyKind::Server),
        filters: filters(reading, part.get("filters")),
        permissions,
    };
    if account.permissions.is_empty() {
        reading.warn(part, "this account has no permission in the environments of this file");
    }
    accounts.add(reading, part, account);
}

/// Reads a list of names of permissions. A name that an Edge does not know is left out with a warning.
pub(super) fn roles(reading: &mut Reading<'_>, part: Option<Part>) -> Permissions {
    let parts = part.and_then(|part| part.items()).unwrap_or_default();
    let known = parts.iter().filter_map(|part| {
        let permission = part.text().and_then(|text| text.parse::<Permission>().ok());
        if permission.is_none() {
            reading.warn(part, format!("{} is no permission", excerpt(&part.shown())));
        }
        permission
    });
    known.collect()
}
