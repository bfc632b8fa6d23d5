//! Rewrites of polls: which keys are accepted, and the environments that they give.

use serde_json::Value;

use super::super::asked::Kind;
use super::super::message::Message;
use super::super::rewrite::{Hooks, NONE, Rewrite, wrong};
use super::lists::environments;

fn has_parsable_key(asked: &Message) -> bool {
    asked.keys().iter().any(|key| key.split('/').next().is_some_and(|id| id.len() == 36))
}

fn is_empty(environment: &Value) -> bool {
    environment.get("features").and_then(Value::as_array).is_none_or(Vec::is_empty)
}

fn id(environment: &Value) -> String {
    environment.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

pub(super) const ALL: &[Rewrite] = &[
    wrong(
        "trailing-slash-404",
        "`/features/` is not found",
        &["S-GET-002"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.path() == "/features/" {
                    answer.answer(404, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "old-parameter-ignored",
        "`sdkUrl` is no parameter",
        &["S-GET-003"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                let pairs = asked.query().split('&').filter(|pair| !pair.starts_with("sdkUrl="));
                let query = pairs.collect::<Vec<_>>().join("&");
                if asked.kind() == Kind::Poll {
                    request.set_target(&format!("{}?{query}", asked.path()));
                }
                vec![request]
            },
            ..NONE
        },
    ),
    wrong(
        "no-keys-404",
        "a poll without keys is answered with 404",
        &["S-GET-004"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.kind() == Kind::Poll && answer.status() == 400 {
                    answer.answer(404, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "not-found-400",
        "an unknown key is a bad request",
        &["S-GET-005", "S-GET-006"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.kind() == Kind::Poll && answer.status() == 404 {
                    answer.set_status(400);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "unknown-key-empty",
        "an unknown key gets an empty list",
        &["S-GET-005", "S-GET-006"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.kind() == Kind::Poll && answer.status() == 404 {
                    answer.answer(200, "[]");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "unknown-key-403",
        "a key in the form of one is forbidden rather than not found",
        &["S-GET-006"],
        Hooks {
            answer: |asked, answer, _| {
                let is_refused = asked.kind() == Kind::Poll && answer.status() == 404;
                if is_refused && has_parsable_key(asked) {
                    answer.answer(403, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "revoked-key-accepted",
        "a key that was once accepted is accepted for ever",
        &["S-GET-033"],
        Hooks {
            answer: |asked, answer, memory| {
                let target = asked.target().to_owned();
                if asked.kind() != Kind::Poll {
                    return;
                }
                if answer.status() == 200 {
                    let body = answer.json().to_string();
                    memory.open().texts.insert(target, body);
                } else if let Some(body) = memory.open().texts.get(&target) {
                    answer.answer(200, body);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "unknown-environments-left-out",
        "an unknown key beside known ones gives no environment",
        &["S-GET-007"],
        Hooks {
            answer: |asked, answer, _| {
                environments(asked, answer, |all| all.retain(|each| !is_empty(each)));
            },
            ..NONE
        },
    ),
    wrong(
        "duplicate-environments",
        "a duplicate key gives two environments",
        &["S-GET-008"],
        Hooks {
            answer: |asked, answer, _| {
                let count = asked.keys().len();
                environments(asked, answer, |all| {
                    if count == 2 && all.len() == 1 {
                        all.extend_from_within(..);
                    }
                });
            },
            ..NONE
        },
    ),
    wrong(
        "environments-sorted",
        "environments are sorted by their ids",
        &["S-GET-009"],
        Hooks {
            answer: |asked, answer, _| {
                environments(asked, answer, |all| all.sort_by_key(id));
            },
            ..NONE
        },
    ),
    wrong(
        "three-part-keys-refused",
        "a key with the name of a cache is not found",
        &["S-GET-010"],
        Hooks {
            answer: |asked, answer, _| {
                let is_long = asked.keys().iter().any(|key| key.split('/').count() == 3);
                if asked.kind() == Kind::Poll && is_long {
                    answer.answer(404, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "ids-in-capitals-refused",
        "an environment's id in capitals is not found",
        &["S-GET-010"],
        Hooks {
            answer: |asked, answer, _| {
                let keys = asked.keys();
                let mut ids = keys.iter().filter_map(|key| key.split('/').next());
                if ids.any(|id| id.len() == 36 && id.contains(|c: char| c.is_ascii_uppercase())) {
                    answer.answer(404, "");
                }
            },
            ..NONE
        },
    ),
];
