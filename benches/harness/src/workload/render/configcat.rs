//! ConfigCat's `config_v6.json`. The format has no regular expressions, so only the suffix variant exists.

use serde_json::{Map, Value, json};

use crate::workload::{Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_suffix};

/// Renders the payload. `None` for the regex variant.
#[must_use]
pub fn render(workload: &Workload) -> Option<String> {
    if workload.email == Email::Regex {
        return None;
    }
    // The numbers are comparators of the format (all in clear text): is one of, is a greater version, ends with any of.
    let condition = |condition: &Condition| match condition {
        Condition::CountryIn(list) => json!({"u": {"a": "Country", "c": 0, "l": list}}),
        Condition::VersionAbove(bound) => {
            json!({"u": {"a": "Version", "c": 8, "s": bound.to_string()}})
        }
        Condition::Team(team) => json!({"u": {"a": "Email", "c": 32, "l": [team_suffix(*team)]}}),
    };
    let settings: Map<String, Value> = workload
        .flags
        .iter()
        .map(|flag| {
            let mut setting = json!({"t": 0, "v": {"b": flag.default}, "i": "default"});
            if flag.shape == Shape::Rollout {
                setting["p"] = json!([
                    {"p": ROLLOUT_PERCENT, "v": {"b": true}, "i": "on"},
                    {"p": 100 - ROLLOUT_PERCENT, "v": {"b": false}, "i": "off"},
                ]);
            } else if !flag.rules.is_empty() {
                let rules: Vec<Value> = flag
                    .rules
                    .iter()
                    .map(|rule| {
                        let conditions: Vec<_> = rule.conditions.iter().map(condition).collect();
                        json!({"c": conditions, "s": {"v": {"b": true}, "i": rule.id}})
                    })
                    .collect();
                setting["r"] = json!(rules);
            }
            (flag.key.clone(), setting)
        })
        .collect();
    Some(json!({"p": {"r": 0, "s": "c2FsdA=="}, "f": settings}).to_string())
}
