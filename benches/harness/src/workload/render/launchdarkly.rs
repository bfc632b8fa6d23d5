//! LaunchDarkly's server-side flag data: an object of flags by key.

use serde_json::{Map, Value, json};

use crate::workload::{
    Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_regex, team_suffix,
};

/// Renders the payload. Variation 0 is off, 1 is on.
#[must_use]
pub fn render(workload: &Workload) -> String {
    let clause = |condition: &Condition| {
        let (attribute, op, values) = match (condition, workload.email) {
            (Condition::CountryIn(list), _) => ("country", "in", json!(list)),
            (Condition::VersionAbove(bound), _) => {
                ("version", "semVerGreaterThan", json!([bound.to_string()]))
            }
            (Condition::Team(team), Email::Regex) => {
                ("email", "matches", json!([team_regex(*team)]))
            }
            (Condition::Team(team), Email::Suffix) => {
                ("email", "endsWith", json!([team_suffix(*team)]))
            }
        };
        json!({"attribute": attribute, "op": op, "values": values, "negate": false})
    };
    let flags: Map<String, Value> = workload
        .flags
        .iter()
        .map(|flag| {
            let fallthrough = if flag.shape == Shape::Rollout {
                let on = u32::from(ROLLOUT_PERCENT) * 1000;
                json!({"rollout": {"variations": [
                    {"variation": 1, "weight": on}, {"variation": 0, "weight": 100_000 - on},
                ]}})
            } else {
                json!({"variation": u8::from(flag.default)})
            };
            let rules: Vec<Value> = flag
                .rules
                .iter()
                .map(|rule| {
                    let clauses: Vec<_> = rule.conditions.iter().map(clause).collect();
                    json!({"id": rule.id, "variation": 1, "clauses": clauses, "trackEvents": false})
                })
                .collect();
            let value = json!({
                "key": flag.key, "version": flag.version, "on": true, "targets": [], "rules": rules,
                "prerequisites": [], "fallthrough": fallthrough, "offVariation": 0,
                "variations": [false, true], "clientSide": false, "salt": flag.id,
                "trackEvents": false, "trackEventsFallthrough": false,
            });
            (flag.key.clone(), value)
        })
        .collect();
    Value::Object(flags).to_string()
}
