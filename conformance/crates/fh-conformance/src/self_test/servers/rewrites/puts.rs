//! Rewrites of PUT.

use serde_json::{Value, json};

use super::super::asked::Kind;
use super::super::message::Message;
use super::super::rewrite::{Hooks, NONE, Rewrite, wrong};
use crate::server::scenario::{Evaluated, Identifiers};

/// Changes the answer to a PUT.
fn on_put(asked: &Message, answer: &mut Message, change: impl FnOnce(&mut Message)) {
    if asked.kind() == Kind::Put {
        change(answer);
    }
}

/// Returns a PUT with another body. Bodies that are not JSON stay as they are.
fn with_body(asked: &Message, change: impl FnOnce(&mut Value)) -> Vec<Message> {
    let mut request = asked.clone();
    let mut body = asked.json();
    if asked.kind() == Kind::Put && body.is_object() {
        let before = body.clone();
        change(&mut body);
        if body != before {
            request.set_json(&body);
        }
    }
    vec![request]
}

/// Replaces a status of PUT by another one, with an empty body.
fn replace_status(asked: &Message, answer: &mut Message, from: u16, to: u16) {
    on_put(asked, answer, |answer| {
        if answer.status() == from {
            answer.answer(to, "");
        }
    });
}

pub(super) const ALL: &[Rewrite] = &[
    wrong(
        "put-not-done",
        "a PUT is answered with 200 and changes nothing",
        &["S-GET-012", "S-PUT-001", "S-PUT-014"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                if asked.kind() == Kind::Put {
                    request.first = "GET /features HTTP/1.1".to_owned();
                    request.remove("content-length");
                    request.body = Some(Vec::new());
                }
                vec![request]
            },
            answer: |asked, answer, _| on_put(asked, answer, |answer| answer.answer(200, "")),
            ..NONE
        },
    ),
    wrong(
        "put-done-twice",
        "a PUT is done twice, and the answer is that of the second time",
        &["S-PUT-001", "S-PUT-007"],
        Hooks {
            request: |asked, _| {
                let count = if asked.kind() == Kind::Put { 2 } else { 1 };
                vec![asked.clone(); count]
            },
            ..NONE
        },
    ),
    wrong(
        "put-without-lock",
        "the lock in a PUT is ignored",
        &["S-PUT-004", "S-PUT-007"],
        Hooks {
            request: |asked, _| {
                with_body(asked, |body| {
                    if let Some(members) = body.as_object_mut() {
                        members.remove("lock");
                    }
                })
            },
            ..NONE
        },
    ),
    wrong(
        "put-in-another-environment",
        "a PUT changes the environment `dev`, whatever its key",
        &["S-SSE-011"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                if asked.kind() == Kind::Put {
                    let id = |name: &str| {
                        let known = Identifiers::standard().environments.get(name);
                        known.map(|known| known.id.clone()).unwrap_or_default()
                    };
                    let (dev, other) = (id("dev"), id("other"));
                    request.set_target(&asked.target().replace(&other, &dev));
                }
                vec![request]
            },
            ..NONE
        },
    ),
    wrong(
        "put-conflicts",
        "some changes are refused with 409",
        &["S-PUT-014"],
        Hooks {
            answer: |asked, answer, memory| {
                on_put(asked, answer, |answer| {
                    if memory.next().is_multiple_of(5) {
                        answer.answer(409, "");
                    }
                });
            },
            ..NONE
        },
    ),
    wrong(
        "permissions-ignored",
        "every key may change everything",
        &["S-PUT-006", "S-PUT-007"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                let feature = asked.path().rsplit('/').next().unwrap_or_default();
                if asked.kind() == Kind::Put {
                    let writer = Identifiers::standard().key("writer", "dev", Evaluated::ByClient);
                    let writer = writer.unwrap_or_default();
                    request.set_target(&format!("/features/{writer}/{feature}"));
                }
                vec![request]
            },
            ..NONE
        },
    ),
    wrong(
        "forbidden-200",
        "a forbidden change is answered as if it were done",
        &["S-PUT-006", "S-PUT-007"],
        Hooks { answer: |asked, answer, _| replace_status(asked, answer, 403, 200), ..NONE },
    ),
    wrong(
        "locked-200",
        "the change of a locked feature is answered as if it were done",
        &["S-PUT-003", "S-PUT-007"],
        Hooks { answer: |asked, answer, _| replace_status(asked, answer, 412, 200), ..NONE },
    ),
    wrong(
        "lock-not-respected",
        "the value of a locked feature can be changed",
        &["S-PUT-003"],
        Hooks {
            request: |asked, _| {
                with_body(asked, |body| {
                    if let Some(members) = body.as_object_mut()
                        && members.contains_key("value")
                    {
                        members.insert("lock".to_owned(), json!(false));
                    }
                })
            },
            ..NONE
        },
    ),
    wrong(
        "reasons-lost",
        "a refused PUT does not say the reason",
        &["S-PUT-003", "S-PUT-005", "S-PUT-006"],
        Hooks {
            answer: |asked, answer, _| {
                on_put(asked, answer, |answer| {
                    if answer.status() >= 400 {
                        let status = answer.status();
                        answer.answer(status, "");
                    }
                });
            },
            ..NONE
        },
    ),
    wrong(
        "bad-put-accepted",
        "a PUT that requests nothing, or an impossible value, is accepted",
        &["S-PUT-005", "S-PUT-008"],
        Hooks { answer: |asked, answer, _| replace_status(asked, answer, 400, 202), ..NONE },
    ),
    wrong(
        "values-not-converted",
        "a text is not converted to a BOOLEAN",
        &["S-PUT-008"],
        Hooks {
            answer: |asked, answer, _| {
                let is_text = asked.json().get("value").is_some_and(Value::is_string);
                if asked.path().ends_with("/FLAG") && is_text && answer.status() < 300 {
                    answer.answer(400, "flag value must be true or false");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "null-as-empty-text",
        "null sets an empty text",
        &["S-PUT-009"],
        Hooks {
            request: |asked, _| {
                with_body(asked, |body| {
                    if let Some(members) = body.as_object_mut()
                        && members.get("updateValue") == Some(&json!(true))
                    {
                        members.insert("value".to_owned(), json!(""));
                    }
                })
            },
            ..NONE
        },
    ),
    wrong(
        "unknown-feature-accepted",
        "a PUT of an unknown feature is accepted",
        &["S-PUT-011"],
        Hooks { answer: |asked, answer, _| replace_status(asked, answer, 404, 200), ..NONE },
    ),
    wrong(
        "keys-with-plus-refused",
        "a key with `+` in place of the slash is not found",
        &["S-PUT-012"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.path().contains('+') || asked.path().contains("%2B") {
                    answer.answer(404, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "duplicate-members-merged",
        "JSON with a duplicate member is accepted",
        &["S-PUT-013"],
        Hooks {
            request: |asked, _| {
                with_body(asked, |body| {
                    let text = body.get("value").and_then(Value::as_str).unwrap_or_default();
                    if let Ok(parsed @ (Value::Object(_) | Value::Array(_))) =
                        serde_json::from_str(text)
                        && let Some(members) = body.as_object_mut()
                    {
                        let parsed: Value = parsed;
                        members.insert("value".to_owned(), json!(parsed.to_string()));
                    }
                })
            },
            ..NONE
        },
    ),
    wrong(
        "content-types-unchecked",
        "a PUT of any content type is read as JSON",
        &["S-PUT-015"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                if asked.kind() == Kind::Put {
                    request.set("content-type", "application/json");
                }
                vec![request]
            },
            ..NONE
        },
    ),
];
