//! Rewrites of the lists of features in polls.

use serde_json::{Value, json};

use super::super::rewrite::{Hooks, NONE, Rewrite, wrong};
use super::lists::{each, each_streamed, key, polled, remove, set, streamed};

/// Adds a feature that the filters of an account hide.
fn unfilter(list: &mut Vec<Value>) {
    if let [only] = list.as_slice()
        && key(only) == "MOBILE_ONLY"
    {
        let mut hidden = only.clone();
        set(&mut hidden, "key", json!("SCRATCH"));
        list.push(hidden);
    }
}

fn flip_lock(feature: &mut Value) {
    let is_locked = feature.get("l") == Some(&Value::Bool(true));
    set(feature, "l", json!(!is_locked));
}

fn lower_version(feature: &mut Value) {
    if let Some(version) = feature.get("version").and_then(Value::as_i64) {
        set(feature, "version", json!(1_000_000_000_000_i64 - version));
    }
}

pub(super) const ALL: &[Rewrite] = &[
    wrong(
        "members-lost",
        "features have no type",
        &["S-GET-001"],
        Hooks {
            answer: |asked, answer, _| each(asked, answer, |feature| remove(feature, "type")),
            ..NONE
        },
    ),
    wrong(
        "strategies-lost",
        "features of client-evaluated keys have no strategies",
        &["S-GET-001"],
        Hooks {
            answer: |asked, answer, _| each(asked, answer, |feature| remove(feature, "strategies")),
            ..NONE
        },
    ),
    wrong(
        "unset-left-out",
        "features without a value are not listed",
        &["S-GET-024"],
        Hooks {
            answer: |asked, answer, _| {
                polled(asked, answer, |list| list.retain(|each| each.get("value").is_some()));
            },
            ..NONE
        },
    ),
    wrong(
        "unset-as-empty-text",
        "features without a value have an empty text",
        &["S-GET-024", "S-PUT-009"],
        Hooks {
            answer: |asked, answer, _| {
                each(asked, answer, |feature| {
                    if feature.get("value").is_none() {
                        set(feature, "value", json!(""));
                    }
                });
            },
            ..NONE
        },
    ),
    wrong(
        "removed-features-remain",
        "a feature that was once listed is listed for ever",
        &["S-GET-025"],
        Hooks {
            answer: |asked, answer, memory| {
                polled(asked, answer, |list| {
                    let mut inside = memory.open();
                    let name = |feature: &Value| format!("{} {}", asked.target(), key(feature));
                    for feature in list.iter() {
                        inside.texts.insert(name(feature), feature.to_string());
                    }
                    let seen: Vec<String> = list.iter().map(name).collect();
                    let of_target = |name: &str| name.starts_with(&format!("{} ", asked.target()));
                    let gone = inside
                        .texts
                        .iter()
                        .filter(|(name, _)| of_target(name) && !seen.contains(name));
                    list.extend(gone.filter_map(|(_, text)| serde_json::from_str(text).ok()));
                });
            },
            ..NONE
        },
    ),
    wrong(
        "versions-fall",
        "a later version is lower",
        &["S-GET-025", "S-SSE-003", "S-SSE-005"],
        Hooks {
            answer: |asked, answer, _| each(asked, answer, lower_version),
            event: |_, event, _, _| vec![each_streamed(event, lower_version)],
            ..NONE
        },
    ),
    wrong(
        "lock-inverted",
        "locked features are shown as unlocked, and unlocked ones as locked",
        &["S-GET-024", "S-PUT-001", "S-PUT-007"],
        Hooks {
            answer: |asked, answer, _| each(asked, answer, flip_lock),
            event: |_, event, _, _| vec![each_streamed(event, flip_lock)],
            ..NONE
        },
    ),
    wrong(
        "properties-for-all",
        "every account sees the properties of features",
        &["S-GET-026"],
        Hooks {
            answer: |asked, answer, _| {
                each(asked, answer, |feature| {
                    if key(feature) == "COLOUR" {
                        set(feature, "fp", json!({"category": "shoes"}));
                    }
                });
            },
            ..NONE
        },
    ),
    wrong(
        "properties-lost",
        "no account sees the properties of features",
        &["S-GET-026"],
        Hooks {
            answer: |asked, answer, _| each(asked, answer, |feature| remove(feature, "fp")),
            ..NONE
        },
    ),
    wrong(
        "filters-ignored-in-polls",
        "a poll shows a feature that the account's filters hide",
        &["S-GET-027"],
        Hooks { answer: |asked, answer, _| polled(asked, answer, unfilter), ..NONE },
    ),
    wrong(
        "filters-ignored-in-streams",
        "a stream shows a feature that the account's filters hide",
        &["S-GET-027"],
        Hooks { event: |_, event, _, _| vec![streamed(event, unfilter)], ..NONE },
    ),
    wrong(
        "stale-200",
        "an environment that is not up to date is answered with 200",
        &["S-GET-028"],
        Hooks {
            answer: |_, answer, _| {
                if answer.status() == 236 {
                    answer.set_status(200);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "numbers-rounded",
        "numbers are read as doubles",
        &["S-PUT-010"],
        Hooks { answer: |asked, answer, _| each(asked, answer, |_| {}), ..NONE },
    ),
];
