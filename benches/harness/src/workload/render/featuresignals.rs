//! A ruleset of FeatureSignals. The format has no versions, so numbers are compared, which is cheaper.

use serde_json::{Map, Value, json};

use crate::workload::{
    Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_regex, team_suffix,
};

/// Renders the ruleset.
#[must_use]
pub fn render(workload: &Workload) -> String {
    let condition = |condition: &Condition| {
        let (attribute, operator, values) = match (condition, workload.email) {
            (Condition::CountryIn(list), _) => ("country", "in", json!(list)),
            (Condition::VersionAbove(bound), _) => {
                ("version", "gt", json!([bound.number().to_string()]))
            }
            (Condition::Team(team), Email::Regex) => ("email", "regex", json!([team_regex(*team)])),
            (Condition::Team(team), Email::Suffix) => {
                ("email", "endsWith", json!([team_suffix(*team)]))
            }
        };
        json!({"attribute": attribute, "operator": operator, "values": values})
    };
    let (mut flags, mut states) = (Map::new(), Map::new());
    for flag in &workload.flags {
        let rules: Vec<Value> = flag
            .rules
            .iter()
            .map(|rule| {
                let conditions: Vec<_> = rule.conditions.iter().map(condition).collect();
                json!({"id": rule.id, "priority": 1, "conditions": conditions, "percentage": 10_000, "value": true,
                       "match_type": "all"})
            })
            .collect();
        let default =
            json!({"key": flag.key, "flag_type": "boolean", "default_value": flag.default});
        let mut state = json!({"enabled": true, "rules": rules, "percentage_rollout": 0});
        if flag.shape == Shape::Rollout {
            state["percentage_rollout"] = json!(u32::from(ROLLOUT_PERCENT) * 100);
            state["default_value"] = json!(true);
        }
        flags.insert(flag.key.clone(), default);
        states.insert(flag.key.clone(), state);
    }
    json!({"flags": flags, "states": states, "segments": {}}).to_string()
}
