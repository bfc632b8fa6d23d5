//! Rewrites of contexts and of what the server evaluates.

use serde_json::{Value, json};

use super::super::asked::Kind;
use super::super::event::Event;
use super::super::message::Message;
use super::super::rewrite::{Hooks, NONE, Rewrite, wrong};
use super::lists::{each, each_streamed, key, polled, remove, set};

/// Returns a request with another context in its header.
fn with_context(asked: &Message, change: impl Fn(&str) -> String) -> Vec<Message> {
    let mut request = asked.clone();
    request.change("x-featurehub", change);
    vec![request]
}

fn show_strategies(feature: &mut Value) {
    set(feature, "strategies", json!([]));
}

fn show_streamed(asked: &Message, event: Event) -> Vec<Event> {
    let is_by_server = asked.is_server_evaluated();
    vec![if is_by_server { each_streamed(event, show_strategies) } else { event }]
}

pub(super) const ALL: &[Rewrite] = &[
    wrong(
        "strategies-to-server-keys",
        "polls with server-evaluated keys show strategies",
        &["S-GET-015"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.is_server_evaluated() {
                    each(asked, answer, show_strategies);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "strategies-beside-a-client-key",
        "a server-evaluated key gets strategies if a client-evaluated key is polled with it",
        &["S-GET-009"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.keys().len() > 1 {
                    each(asked, answer, show_strategies);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "strategies-in-server-evaluated-streams",
        "streams with server-evaluated keys show strategies",
        &["S-SSE-010"],
        Hooks { event: |asked, event, _, _| show_streamed(asked, event), ..NONE },
    ),
    wrong(
        "strategy-id-lost",
        "an evaluated value does not say its strategy",
        &["S-GET-015"],
        Hooks {
            answer: |asked, answer, _| each(asked, answer, |feature| remove(feature, "v")),
            ..NONE
        },
    ),
    wrong(
        "strategy-id-invented",
        "a value without a strategy says one",
        &["S-GET-016"],
        Hooks {
            answer: |asked, answer, _| {
                each(asked, answer, |feature| {
                    if feature.get("v").is_none() {
                        set(feature, "v", json!("default"));
                    }
                });
            },
            ..NONE
        },
    ),
    wrong(
        "context-invented",
        "a poll without a context is evaluated with one",
        &["S-GET-016"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                if asked.kind() == Kind::Poll && asked.get("x-featurehub").is_none() {
                    request.set("x-featurehub", "country=new_zealand");
                }
                vec![request]
            },
            ..NONE
        },
    ),
    wrong(
        "context-ignored",
        "the context in the header is ignored",
        &["S-GET-013", "S-GET-015", "S-SSE-010"],
        Hooks { request: |asked, _| with_context(asked, |_| String::new()), ..NONE },
    ),
    wrong(
        "context-decoded-twice",
        "percent-encoded commas and equals signs separate attributes",
        &["S-GET-017"],
        Hooks {
            request: |asked, _| {
                with_context(asked, |text| text.replace("%2C", ",").replace("%3D", "="))
            },
            ..NONE
        },
    ),
    wrong(
        "second-context-line-lost",
        "only the first line of a context is read",
        &["S-GET-017"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                let context = asked.context();
                if !context.is_empty() {
                    request.set("x-featurehub", context);
                }
                vec![request]
            },
            ..NONE
        },
    ),
    wrong(
        "users-hashed-in-capitals",
        "percentages use another text than the user's key",
        &["S-GET-018"],
        Hooks {
            request: |asked, _| with_context(asked, |text| text.replace("=user-", "=USER-")),
            ..NONE
        },
    ),
    wrong(
        "sessions-ignored",
        "percentages ignore the session",
        &["S-GET-019"],
        Hooks {
            request: |asked, _| {
                with_context(asked, |text| {
                    let all = text.split(',').filter(|each| !each.starts_with("session"));
                    all.collect::<Vec<_>>().join(",")
                })
            },
            ..NONE
        },
    ),
    wrong(
        "broken-rules-remove-features",
        "a feature with a rule that cannot be read is left out",
        &["S-GET-020"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.is_server_evaluated() {
                    polled(asked, answer, |list| list.retain(|each| key(each) != "POISON"));
                }
            },
            ..NONE
        },
    ),
    wrong(
        "attributes-unlimited",
        "the last 30 attributes of a context are used, rather than the first",
        &["S-GET-021"],
        Hooks {
            request: |asked, _| {
                with_context(asked, |text| {
                    let all: Vec<&str> = text.split(',').collect();
                    all.get(all.len().saturating_sub(30)..).unwrap_or_default().join(",")
                })
            },
            ..NONE
        },
    ),
    wrong(
        "names-resolved",
        "host names are resolved to addresses",
        &["S-GET-022"],
        Hooks {
            request: |asked, _| with_context(asked, |text| text.replace("localhost", "127.0.0.1")),
            ..NONE
        },
    ),
    wrong(
        "context-in-query-ignored",
        "the context in a stream's query is ignored",
        &["S-SSE-010"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                if asked.kind() == Kind::Stream {
                    request.set_target(asked.path());
                }
                vec![request]
            },
            ..NONE
        },
    ),
];
