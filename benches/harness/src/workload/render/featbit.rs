//! FeatBit's full data-sync message. The format has no versions, so numbers are compared, which is cheaper.

use serde_json::{Value, json};

use crate::workload::{
    Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_regex, team_suffix,
};

/// Renders the payload. Lists are JSON inside a string, as FeatBit writes them.
#[must_use]
pub fn render(workload: &Workload) -> String {
    let condition = |condition: &Condition| {
        let (property, op, value) = match (condition, workload.email) {
            (Condition::CountryIn(list), _) => ("country", "IsOneOf", json!(list).to_string()),
            (Condition::VersionAbove(bound), _) => {
                ("version", "BiggerThan", bound.number().to_string())
            }
            (Condition::Team(team), Email::Regex) => ("email", "MatchRegex", team_regex(*team)),
            (Condition::Team(team), Email::Suffix) => ("email", "EndsWith", team_suffix(*team)),
        };
        json!({"property": property, "op": op, "value": value})
    };
    let whole = |id: &str| json!([{"id": id, "rollout": [0.0, 1.0], "exptRollout": 0.0}]);
    let flags: Vec<Value> = workload
        .flags
        .iter()
        .map(|flag| {
            let fallthrough = if flag.shape == Shape::Rollout {
                let on = f64::from(ROLLOUT_PERCENT) / 100.0;
                json!([
                    {"id": "on", "rollout": [0.0, on], "exptRollout": 0.0},
                    {"id": "off", "rollout": [on, 1.0], "exptRollout": 0.0},
                ])
            } else {
                whole(if flag.default { "on" } else { "off" })
            };
            let rules: Vec<Value> = flag
                .rules
                .iter()
                .map(|rule| {
                    let conditions: Vec<_> = rule.conditions.iter().map(condition).collect();
                    json!({"name": rule.id, "includedInExpt": false, "conditions": conditions,
                           "variations": whole("on")})
                })
                .collect();
            json!({
                "id": flag.id, "key": flag.key, "updatedAt": flag.version, "variationType": "boolean",
                "variations": [{"id": "on", "value": "true"}, {"id": "off", "value": "false"}],
                "targetUsers": [], "rules": rules, "isEnabled": true, "disabledVariationId": "off",
                "fallthrough": {"includedInExpt": false, "variations": fallthrough},
                "exptIncludeAllTargets": false, "isArchived": false,
            })
        })
        .collect();
    json!({"messageType": "data-sync",
           "data": {"eventType": "full", "featureFlags": flags, "segments": []}})
    .to_string()
}
