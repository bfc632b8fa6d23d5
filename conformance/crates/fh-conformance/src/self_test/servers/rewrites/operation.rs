//! Rewrites of health, version, error pages and the start.

use serde_json::Value;

use super::super::rewrite::{Hooks, NONE, Rewrite, wrong};
use super::lists::remove;

pub(super) const ALL: &[Rewrite] = &[
    wrong(
        "not-ready-404",
        "a server without a state knows no key",
        &["S-GET-029"],
        Hooks {
            answer: |_, answer, _| {
                if answer.status() == 503 {
                    answer.answer(404, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "malformed-500",
        "a malformed request is an error of the server",
        &["S-GET-032"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.first.is_empty() && answer.status() >= 400 {
                    answer.set_status(500);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "health-always-200",
        "the server is ready before it has a state",
        &["S-OPS-001"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.path().starts_with("/health/") {
                    answer.answer(200, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "old-readiness-path-404",
        "`/health/readyness` is not found",
        &["S-OPS-001"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.path() == "/health/readyness" {
                    answer.answer(404, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "version-lost",
        "`/info/version` says no version",
        &["S-OPS-002"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.path() == "/info/version" {
                    let mut body: Value = answer.json();
                    remove(&mut body, "version");
                    answer.set_json(&body);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "key-in-error-body",
        "the body of an error repeats the key",
        &["S-OPS-004"],
        Hooks {
            answer: |asked, answer, _| {
                let status = answer.status();
                if let Some(key) = asked.keys().first().filter(|_| status >= 400) {
                    answer.answer(status, &format!("the key {key} is refused"));
                }
            },
            ..NONE
        },
    ),
    wrong(
        "key-in-error-header",
        "a header of an error repeats the key",
        &["S-OPS-004"],
        Hooks {
            answer: |asked, answer, _| {
                if let Some(key) = asked.keys().first().filter(|_| answer.status() >= 400) {
                    answer.set("x-key", key);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "key-in-failure-event",
        "the event `failure` repeats the key",
        &["S-OPS-004", "S-SSE-007"],
        Hooks {
            event: |asked, event, _, _| {
                if event.name() != "failure" {
                    return vec![event];
                }
                let key = asked.keys().first().cloned().unwrap_or_default();
                vec![event.with("data", &Value::from(key).to_string())]
            },
            ..NONE
        },
    ),
];
