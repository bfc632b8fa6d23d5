//! Rewrites of etags and of 304.

use super::super::asked::Kind;
use super::super::message::Message;
use super::super::rewrite::{Hooks, NONE, Rewrite, wrong};

/// Returns a request that asks for the complete answer.
fn unconditional(asked: &Message) -> Message {
    let mut request = asked.clone();
    request.remove("if-none-match");
    request
}

/// Returns the parts of an etag in alphabetical order.
fn sorted(etag: &str) -> String {
    let mut parts: Vec<&str> = etag.trim_matches('"').split(';').collect();
    parts.sort_unstable();
    parts.join(";")
}

pub(super) const ALL: &[Rewrite] = &[
    wrong(
        "etag-lost",
        "no answer has an etag",
        &["S-GET-001"],
        Hooks { answer: |_, answer, _| answer.remove("etag"), ..NONE },
    ),
    wrong(
        "etag-weak",
        "etags are weak",
        &["S-GET-001"],
        Hooks { answer: |_, answer, _| answer.change("etag", |etag| format!("W/{etag}")), ..NONE },
    ),
    wrong(
        "etag-unquoted",
        "etags have no quotes",
        &["S-GET-001"],
        Hooks {
            answer: |_, answer, _| answer.change("etag", |etag| etag.trim_matches('"').to_owned()),
            ..NONE
        },
    ),
    wrong(
        "etag-another-each-time",
        "every answer has an etag of its own",
        &["S-GET-002", "S-GET-008", "S-GET-010", "S-GET-014", "S-PUT-002"],
        Hooks {
            answer: |_, answer, memory| {
                let number = memory.next();
                answer.change("etag", |_| format!("\"{number}\""));
            },
            ..NONE
        },
    ),
    wrong(
        "etag-never-changes",
        "the etag depends on the key alone",
        &["S-GET-012"],
        Hooks {
            answer: |asked, answer, _| {
                let length = asked.target().len();
                answer.change("etag", |_| format!("\"{length}\""));
            },
            ..NONE
        },
    ),
    wrong(
        "etag-valid-for-ever",
        "every etag that was ever sent gives 304",
        &["S-GET-012", "S-GET-013"],
        Hooks {
            answer: |asked, answer, memory| {
                let given = asked.get("if-none-match").unwrap_or_default().to_owned();
                if memory.open().texts.contains_key(&given) {
                    answer.answer(304, "");
                }
                if let Some(etag) = answer.get("etag") {
                    memory.open().texts.insert(etag.to_owned(), String::new());
                }
            },
            ..NONE
        },
    ),
    wrong(
        "not-modified-never",
        "`if-none-match` is ignored",
        &["S-GET-011"],
        Hooks { request: |asked, _| vec![unconditional(asked)], ..NONE },
    ),
    wrong(
        "not-modified-never-for-several",
        "`if-none-match` is ignored if there are several keys",
        &["S-GET-009"],
        Hooks {
            request: |asked, _| {
                let is_single = asked.keys().len() < 2;
                vec![if is_single { asked.clone() } else { unconditional(asked) }]
            },
            ..NONE
        },
    ),
    wrong(
        "not-modified-always",
        "every etag gives 304",
        &["S-GET-012", "S-GET-013", "S-GET-014"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.kind() == Kind::Poll && asked.get("if-none-match").is_some() {
                    answer.answer(304, "");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "not-modified-with-a-body",
        "304 has a body",
        &["S-GET-011"],
        Hooks {
            answer: |_, answer, _| {
                if answer.status() == 304 {
                    answer.body = Some(b"[]".to_vec());
                }
            },
            ..NONE
        },
    ),
    wrong(
        "not-modified-without-etag",
        "304 has no etag",
        &["S-GET-011"],
        Hooks {
            answer: |_, answer, _| {
                if answer.status() == 304 {
                    answer.remove("etag");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "etag-compared-loosely",
        "quotes and what follows a comma are ignored in `if-none-match`",
        &["S-GET-014"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                request.change("if-none-match", |etag| {
                    let tag = etag.split(',').next().unwrap_or_default();
                    format!("\"{}\"", tag.trim_matches('"'))
                });
                vec![request]
            },
            ..NONE
        },
    ),
    wrong(
        "etag-parts-in-any-order",
        "the order of an etag's parts is ignored",
        &["S-GET-009"],
        Hooks {
            request: |asked, memory| {
                let mut request = asked.clone();
                let inside = memory.open();
                request.change("if-none-match", |etag| {
                    let name = format!("{} {}", asked.target(), sorted(etag));
                    inside.texts.get(&name).cloned().unwrap_or_else(|| etag.to_owned())
                });
                vec![request]
            },
            answer: |asked, answer, memory| {
                if let Some(etag) = answer.get("etag") {
                    let name = format!("{} {}", asked.target(), sorted(etag));
                    memory.open().texts.insert(name, etag.to_owned());
                }
            },
            ..NONE
        },
    ),
];
