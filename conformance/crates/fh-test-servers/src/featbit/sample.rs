//! Flags and segments as FeatBit's user interface makes them, for tests that need simple ones.

use serde_json::{Value, json};

/// Returns a flag with two variations that serves `true` or `false` to every user.
#[must_use]
pub fn boolean_flag(key: &str, value: bool) -> String {
    flag(key, "boolean", &["true", "false"], usize::from(!value))
}

/// Returns a flag that serves a text to every user.
#[must_use]
pub fn string_flag(key: &str, value: &str) -> String {
    flag(key, "string", &[value, "off"], 0)
}

/// Returns a flag that serves `true` to the users of a segment and `false` to all others.
#[must_use]
pub fn segment_flag(key: &str, segment: &str) -> String {
    let mut flag: Value = serde_json::from_str(&boolean_flag(key, false)).unwrap_or_default();
    if let Some(rules) = flag.get_mut("rules") {
        *rules = json!([{
            "id": "rule", "name": "members", "dispatchKey": null, "includedInExpt": false,
            "conditions": [{
                "id": "condition", "property": "User is in segment", "op": "",
                "value": json!([segment]).to_string(),
            }],
            "variations": [everybody("v0")],
        }]);
    }
    flag.to_string()
}

/// Returns a segment of some users.
#[must_use]
pub fn segment(id: &str, included: &[&str]) -> String {
    json!({
        "id": id, "name": id, "description": "", "included": included, "excluded": [], "rules": [],
        "isArchived": false, "updatedAt": "2020-01-01T00:00:00.000Z",
    })
    .to_string()
}

fn flag(key: &str, variation_type: &str, values: &[&str], served: usize) -> String {
    let variation = |(index, value): (usize, &&str)| json!({"id": format!("v{index}"), "name": format!("variation {index}"), "value": value});
    let variations: Vec<Value> = values.iter().enumerate().map(variation).collect();
    let last = format!("v{}", values.len().saturating_sub(1));
    json!({
        "id": id(key), "key": key, "name": key, "description": "", "variationType": variation_type,
        "variations": variations, "targetUsers": [], "rules": [], "isEnabled": true,
        "disabledVariationId": last,
        "fallthrough": {
            "dispatchKey": null, "includedInExpt": true,
            "variations": [everybody(&format!("v{served}"))],
        },
        "exptIncludeAllTargets": true, "tags": [], "isArchived": false,
        "updatedAt": "2020-01-01T00:00:00.000Z",
    })
    .to_string()
}

fn everybody(variation: &str) -> Value {
    json!({"id": variation, "rollout": [0, 1], "exptRollout": 1})
}

/// Returns a GUID that depends on the key alone, so that a flag that is put again replaces the former one.
fn id(key: &str) -> String {
    // FNV-1a, which spreads short keys well.
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    crate::featbit::guid::Guid::numbered(u128::from(hash)).to_string()
}
