//! Statsig's config specs: gates, with conditions shared through a map.

use serde_json::{Map, Value, json};

use crate::workload::{
    Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_regex, team_suffix,
};

/// Renders the payload. Equal conditions share one entry of `condition_map`, as in real specs.
#[must_use]
pub fn render(workload: &Workload) -> String {
    let mut condition_map = Map::new();
    condition_map.insert("public".to_owned(), condition("public", Value::Null, "", Value::Null));
    let mut gates = Map::new();
    for flag in &workload.flags {
        let rule = |id: &str, pass: u32, conditions: Vec<String>| {
            json!({"name": id, "passPercentage": pass, "returnValue": true, "id": id,
                   "salt": flag.id, "conditions": conditions, "idType": "userID"})
        };
        let rules: Vec<Value> = match flag.shape {
            Shape::Plain if flag.default => vec![rule("everyone", 100, vec!["public".to_owned()])],
            Shape::Plain => vec![],
            Shape::Rollout => {
                vec![rule("rollout", u32::from(ROLLOUT_PERCENT), vec!["public".to_owned()])]
            }
            _ => flag
                .rules
                .iter()
                .map(|r| {
                    let names = r
                        .conditions
                        .iter()
                        .map(|c| {
                            let (name, value) = named(c, workload.email);
                            condition_map.entry(name.clone()).or_insert(value);
                            name
                        })
                        .collect();
                    rule(&r.id, 100, names)
                })
                .collect(),
        };
        let gate = json!({
            "type": "feature_gate", "salt": flag.id, "enabled": true, "defaultValue": false,
            "rules": rules, "idType": "userID", "entity": "feature_gate", "version": flag.version,
        });
        gates.insert(flag.key.clone(), gate);
    }
    json!({
        "dynamic_configs": {}, "feature_gates": gates, "layer_configs": {}, "condition_map": condition_map,
        "experiment_to_layer": {}, "has_updates": true, "time": 1_767_225_600_000u64,
    })
    .to_string()
}

fn condition(kind: &str, operator: Value, field: &str, target: Value) -> Value {
    json!({"type": kind, "targetValue": target, "operator": operator, "field": field,
           "additionalValues": {}, "idType": "userID"})
}

fn named(wanted: &Condition, email: Email) -> (String, Value) {
    match (wanted, email) {
        (Condition::CountryIn(list), _) => (
            list.join(","),
            condition("user_field", json!("any_case_sensitive"), "country", json!(list)),
        ),
        (Condition::VersionAbove(bound), _) => (
            format!("above {bound}"),
            condition("user_field", json!("version_gt"), "appVersion", json!(bound.to_string())),
        ),
        (Condition::Team(team), Email::Regex) => (
            team_regex(*team),
            condition("user_field", json!("str_matches"), "email", json!(team_regex(*team))),
        ),
        (Condition::Team(team), Email::Suffix) => (
            team_suffix(*team),
            condition(
                "user_field",
                json!("str_ends_with_any"),
                "email",
                json!([team_suffix(*team)]),
            ),
        ),
    }
}
