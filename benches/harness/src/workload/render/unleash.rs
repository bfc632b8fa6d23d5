//! Unleash's `/api/client/features`.

use serde_json::{Value, json};

use crate::workload::{
    Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_regex, team_suffix,
};

/// Renders the payload. Rules are `default` strategies with constraints.
#[must_use]
pub fn render(workload: &Workload) -> String {
    let constraint = |condition: &Condition| match (condition, workload.email) {
        (Condition::CountryIn(list), _) => {
            json!({"contextName": "country", "operator": "IN", "values": list})
        }
        (Condition::VersionAbove(bound), _) => {
            json!({"contextName": "version", "operator": "SEMVER_GT", "value": bound.to_string()})
        }
        (Condition::Team(team), Email::Regex) => {
            json!({"contextName": "email", "operator": "REGEX", "value": team_regex(*team)})
        }
        (Condition::Team(team), Email::Suffix) => json!({
            "contextName": "email", "operator": "STR_ENDS_WITH", "values": [team_suffix(*team)],
        }),
    };
    let features: Vec<Value> = workload
        .flags
        .iter()
        .map(|flag| {
            let (enabled, strategies) = match flag.shape {
                Shape::Plain => (flag.default, vec![json!({"name": "default", "parameters": {}})]),
                Shape::Rollout => (
                    true,
                    vec![json!({"name": "flexibleRollout", "parameters": {
                        "rollout": ROLLOUT_PERCENT.to_string(),
                        "stickiness": "userId",
                        "groupId": flag.key,
                    }})],
                ),
                _ => (
                    true,
                    flag.rules
                        .iter()
                        .map(|rule| {
                            let constraints: Vec<_> =
                                rule.conditions.iter().map(constraint).collect();
                            json!({"name": "default", "parameters": {}, "constraints": constraints})
                        })
                        .collect(),
                ),
            };
            json!({
                "name": flag.key, "type": "release", "enabled": enabled, "project": "default",
                "stale": false, "impressionData": false, "strategies": strategies,
            })
        })
        .collect();
    json!({"version": 2, "features": features}).to_string()
}
