//! Eppo's universal flag configuration. The format has no suffix operator, so only the regex variant exists.

use serde_json::{Map, Value, json};

use crate::workload::{Condition, Email, ROLLOUT_PERCENT, Shape, Workload, team_regex};

/// Renders the payload. `None` for the suffix variant.
#[must_use]
pub fn render(workload: &Workload) -> Option<String> {
    if workload.email == Email::Suffix {
        return None;
    }
    let condition = |condition: &Condition| match condition {
        Condition::CountryIn(list) => {
            json!({"attribute": "country", "operator": "ONE_OF", "value": list})
        }
        Condition::VersionAbove(bound) => {
            json!({"attribute": "version", "operator": "GT", "value": bound.to_string()})
        }
        Condition::Team(team) => {
            json!({"attribute": "email", "operator": "MATCHES", "value": team_regex(*team)})
        }
    };
    let allocation = |key: &str, rules: Value, shards: Value, variation: &str| {
        json!({"key": key, "rules": rules, "doLog": false,
               "splits": [{"shards": shards, "variationKey": variation}]})
    };
    let flags: Map<String, Value> = workload
        .flags
        .iter()
        .map(|flag| {
            let mut allocations = match flag.shape {
                Shape::Plain => vec![],
                Shape::Rollout => {
                    let end = u32::from(ROLLOUT_PERCENT) * 100;
                    let shards = json!([{"salt": flag.key, "ranges": [{"start": 0, "end": end}]}]);
                    vec![allocation("rollout", json!([]), shards, "on")]
                }
                _ => {
                    let rules: Vec<Value> = flag
                        .rules
                        .iter()
                        .map(|rule| {
                            let conditions: Vec<_> = rule.conditions.iter().map(condition).collect();
                            json!({"conditions": conditions})
                        })
                        .collect();
                    vec![allocation("targeted", json!(rules), json!([]), "on")]
                }
            };
            let fallback = if flag.default { "on" } else { "off" };
            allocations.push(allocation("everyone", json!([]), json!([]), fallback));
            let value = json!({
                "key": flag.key, "enabled": true, "variationType": "BOOLEAN", "totalShards": 10_000,
                "variations": {"on": {"key": "on", "value": true}, "off": {"key": "off", "value": false}},
                "allocations": allocations,
            });
            (flag.key.clone(), value)
        })
        .collect();
    let whole = json!({
        "createdAt": "2026-01-01T00:00:00Z", "format": "SERVER",
        "environment": {"name": "bench"}, "flags": flags, "bandits": {},
    });
    Some(whole.to_string())
}
