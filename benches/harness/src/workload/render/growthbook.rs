//! GrowthBook's `features`. The format has no suffix operator, so only the regex variant exists. The conditions of a rule
//! are one object, as GrowthBook writes them. The engine holds it as a map, so it evaluates them in no particular order.

use serde_json::{Map, Value, json};

use crate::workload::{Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_regex};

/// Renders the payload. `None` for the suffix variant.
#[must_use]
pub fn render(workload: &Workload) -> Option<String> {
    if workload.email == Email::Suffix {
        return None;
    }
    let condition = |condition: &Condition| match condition {
        Condition::CountryIn(list) => ("country".to_owned(), json!({"$in": list})),
        Condition::VersionAbove(bound) => {
            ("version".to_owned(), json!({"$vgt": bound.to_string()}))
        }
        Condition::Team(team) => ("email".to_owned(), json!({"$regex": team_regex(*team)})),
    };
    let features: Map<String, Value> = workload
        .flags
        .iter()
        .map(|flag| {
            let rules: Vec<Value> = if flag.shape == Shape::Rollout {
                let coverage = f64::from(ROLLOUT_PERCENT) / 100.0;
                vec![json!({"force": true, "coverage": coverage, "hashAttribute": "id", "hashVersion": 2})]
            } else {
                flag.rules
                    .iter()
                    .map(|rule| {
                        let conditions: Map<String, Value> =
                            rule.conditions.iter().map(condition).collect();
                        json!({"force": true, "condition": conditions})
                    })
                    .collect()
            };
            (flag.key.clone(), json!({"defaultValue": flag.default, "rules": rules}))
        })
        .collect();
    Some(Value::Object(features).to_string())
}
