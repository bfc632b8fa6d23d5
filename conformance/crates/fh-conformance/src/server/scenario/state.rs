//! The state that the scenarios expect, and its keys.

use serde_json::{Map, Value};

/// Returns the state that the scenarios expect: five environments, and accounts for every set of permissions.
#[must_use]
pub fn standard() -> Value {
    serde_json::from_str(include_str!("state.json")).unwrap_or_default()
}

/// The side that evaluates the features of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluated {
    /// The SDK evaluates.
    ByClient,
    /// The Edge evaluates.
    ByServer,
}

fn named<'s>(state: &'s Value, list: &str, name: &str) -> Option<&'s Value> {
    let list = state.get(list)?.as_array()?;
    list.iter().find(|each| each.get("name").and_then(Value::as_str) == Some(name))
}

/// Returns the id of an environment; an empty text if there is no such environment.
#[must_use]
pub fn environment(name: &str) -> String {
    let state = standard();
    let id = named(&state, "environments", name).and_then(|each| each.get("id")?.as_str());
    id.unwrap_or_default().to_owned()
}

/// Returns the API key of an account for an environment.
#[must_use]
pub fn key(account: &str, environment: &str, evaluated: Evaluated) -> String {
    let member = match evaluated {
        Evaluated::ByClient => "clientKey",
        Evaluated::ByServer => "serverKey",
    };
    let state = standard();
    let secret = named(&state, "accounts", account).and_then(|each| each.get(member)?.get(0));
    let secret = secret.and_then(Value::as_str).unwrap_or_default();
    format!("{}/{secret}", self::environment(environment))
}

/// Returns the secret parts of all keys.
pub(super) fn secrets() -> Vec<String> {
    let state = standard();
    let accounts = state.get("accounts").and_then(Value::as_array).cloned().unwrap_or_default();
    let keys = accounts.iter().flat_map(|account| {
        let lists = ["clientKey", "serverKey"].into_iter().filter_map(|name| account.get(name));
        lists.filter_map(Value::as_array).flatten().filter_map(Value::as_str)
    });
    keys.map(str::to_owned).collect()
}

fn list_of<'s>(state: &'s mut Value, list: &str) -> &'s mut [Value] {
    state.get_mut(list).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

fn object(value: Option<&mut Value>) -> Option<&mut Map<String, Value>> {
    value.and_then(Value::as_object_mut)
}

/// Retires a feature in the environment `dev`, or makes it active again.
pub(super) fn retire(state: &mut Value, feature: &str, retired: bool) {
    let dev = environment("dev");
    for each in list_of(state, "environments") {
        let is_dev = each.get("id").and_then(Value::as_str) == Some(&dev);
        let value = object(each.pointer_mut(&format!("/values/{feature}")));
        if let Some(value) = value.filter(|_| is_dev) {
            value.insert("retired".to_owned(), retired.into());
        }
    }
}

/// Deletes a feature with its values.
pub(super) fn delete(state: &mut Value, feature: &str) {
    without(state, "features", "key", feature);
    for each in list_of(state, "environments") {
        if let Some(values) = object(each.get_mut("values")) {
            values.remove(feature);
        }
    }
}

/// Removes the environment `dev` and all permissions for it.
pub(super) fn close_dev(state: &mut Value) {
    without(state, "environments", "name", "dev");
    for each in list_of(state, "accounts") {
        if let Some(all) = object(each.get_mut("permissions")) {
            all.remove(&environment("dev"));
        }
    }
}

/// Replaces the permissions of an account in the environment `dev`.
pub(super) fn permit(state: &mut Value, account: &str, permissions: &[&str]) {
    for each in list_of(state, "accounts") {
        let is_it = each.get("name").and_then(Value::as_str) == Some(account);
        if let Some(all) = object(each.get_mut("permissions")).filter(|_| is_it) {
            all.insert(environment("dev"), permissions.into());
        }
    }
}

/// Removes all items with this name from a list of the state.
pub(super) fn without(state: &mut Value, list: &str, member: &str, name: &str) {
    if let Some(list) = state.get_mut(list).and_then(Value::as_array_mut) {
        list.retain(|each| each.get(member).and_then(Value::as_str) != Some(name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_the_state() {
        assert_eq!(standard()["environments"].as_array().unwrap().len(), 5);
        let client = key("reader", "dev", Evaluated::ByClient);
        assert_eq!(client, "6f1c0a52-8d3e-4b7f-9a10-2b3c4d5e6f01/Rd7cQ2mXv9*reader-client-Tq4");
        assert!(!key("mobile", "other", Evaluated::ByServer).contains('*'));
        assert_eq!(secrets().len(), 18);
    }

    #[test]
    fn states_that_scenarios_change() {
        let mut state = standard();
        retire(&mut state, "COLOUR", true);
        assert_eq!(state["environments"][0]["values"]["COLOUR"]["retired"], true);
        assert!(state["environments"][1]["values"]["COLOUR"].get("retired").is_none());
        delete(&mut state, "COLOUR");
        assert!(!state.to_string().contains("COLOUR"));
        permit(&mut state, "guest", &["READ", "LOCK"]);
        assert_eq!(state["accounts"][4]["permissions"][environment("dev")][1], "LOCK");
        close_dev(&mut state);
        assert!(!state.to_string().contains(&environment("dev")));
        without(&mut state, "accounts", "name", "guest");
        assert_eq!(state["accounts"].as_array().unwrap().len(), 11);
    }
}
