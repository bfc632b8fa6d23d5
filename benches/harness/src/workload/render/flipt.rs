//! Flipt's snapshot of a namespace. The format has neither versions nor regular expressions, so numbers are compared, which is cheaper,
//! and only the suffix variant exists.

use serde_json::{Value, json};

use crate::workload::{Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_suffix};

/// Renders the payload. `None` for the regex variant.
#[must_use]
pub fn render(workload: &Workload) -> Option<String> {
    if workload.email == Email::Regex {
        return None;
    }
    let flags: Vec<Value> = workload
        .flags
        .iter()
        .map(|flag| {
            let rollouts: Vec<Value> = if flag.shape == Shape::Rollout {
                vec![json!({"type": "THRESHOLD_ROLLOUT_TYPE", "rank": 1,
                            "threshold": {"percentage": f32::from(ROLLOUT_PERCENT), "value": true}})]
            } else {
                let rules = flag.rules.iter().zip(1..);
                rules.map(|(rule, rank)| segment(&rule.id, rank, &rule.conditions)).collect()
            };
            json!({
                "key": flag.key, "name": flag.key, "description": "", "enabled": flag.default,
                "type": "BOOLEAN_FLAG_TYPE", "rules": [], "rollouts": rollouts,
            })
        })
        .collect();
    Some(json!({"namespace": {"key": "default"}, "flags": flags}).to_string())
}

/// Renders a rule: a segment with all of its conditions.
fn segment(id: &str, rank: u32, conditions: &[Condition]) -> Value {
    let constraints: Vec<Value> = conditions.iter().map(constraint).collect();
    json!({"type": "SEGMENT_ROLLOUT_TYPE", "rank": rank, "segment": {
        "value": true, "segmentOperator": "AND_SEGMENT_OPERATOR", "segments": [{
            "key": id, "name": id, "description": "", "matchType": "ALL_SEGMENT_MATCH_TYPE",
            "constraints": constraints,
        }],
    }})
}

fn constraint(condition: &Condition) -> Value {
    let (kind, property, operator, value) = match condition {
        Condition::CountryIn(list) => {
            ("STRING", "country", "isoneof", Value::from(list.clone()).to_string())
        }
        Condition::VersionAbove(bound) => ("NUMBER", "version", "gt", bound.number().to_string()),
        Condition::Team(team) => ("STRING", "email", "suffix", team_suffix(*team)),
    };
    json!({"type": format!("{kind}_CONSTRAINT_COMPARISON_TYPE"), "property": property,
           "operator": operator, "value": value})
}
