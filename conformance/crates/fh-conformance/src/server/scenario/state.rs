//! The state that the scenarios expect.

use serde_json::{Map, Value};

use super::identifiers::Identifiers;

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

/// Returns the id of the environment `dev` in the state of the scenarios.
fn dev() -> String {
    let environment = Identifiers::standard().environments.get("dev");
    environment.map(|environment| environment.id.clone()).unwrap_or_default()
}

fn list_of<'s>(state: &'s mut Value, list: &str) -> &'s mut [Value] {
    state.get_mut(list).and_then(Value::as_array_mut).map_or(&mut [], Vec::as_mut_slice)
}

fn object(value: Option<&mut Value>) -> Option<&mut Map<String, Value>> {
    value.and_then(Value::as_object_mut)
}

/// Retires a feature in the environment `dev`, or makes it active again.
pub(super) fn retire(state: &mut Value, feature: &str, retired: bool) {
    let dev = dev();
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
            all.remove(&dev());
        }
    }
}

/// Replaces the permissions of an account in the environment `dev`.
pub(super) fn permit(state: &mut Value, account: &str, permissions: &[&str]) {
    for each in list_of(state, "accounts") {
        let is_it = each.get("name").and_then(Value::as_str) == Some(account);
        if let Some(all) = object(each.get_mut("permissions")).filter(|_| is_it) {
            all.insert(dev(), permissions.into());
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
    fn states_that_scenarios_change() {
        let mut state = standard();
        retire(&mut state, "COLOUR", true);
        assert_eq!(state["environments"][0]["values"]["COLOUR"]["retired"], true);
        assert!(state["environments"][1]["values"]["COLOUR"].get("retired").is_none());
        delete(&mut state, "COLOUR");
        assert!(!state.to_string().contains("COLOUR"));
        permit(&mut state, "guest", &["READ", "LOCK"]);
        assert_eq!(state["accounts"][4]["permissions"][dev()][1], "LOCK");
        close_dev(&mut state);
        assert!(!state.to_string().contains(&dev()));
        without(&mut state, "accounts", "name", "guest");
        assert_eq!(state["accounts"].as_array().unwrap().len(), 11);
    }
}
