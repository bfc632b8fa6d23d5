//! Rewrites of the updates in streams.

use serde_json::{Value, json};

use super::super::event::Event;
use super::super::rewrite::{Hooks, NONE, Rewrite, missing, wrong};
use super::lists::{each_streamed, remove, set};

fn is_update(event: &Event) -> bool {
    event.name() == "feature"
}

fn is_deletion(event: &Event) -> bool {
    event.name() == "delete_feature"
}

pub(super) const ALL: &[Rewrite] = &[
    missing(
        "update-lost",
        "updates are not sent",
        &["S-SSE-003", "S-SSE-018"],
        Hooks {
            event: |_, event, _, _| if is_update(&event) { Vec::new() } else { vec![event] },
            ..NONE
        },
    ),
    missing(
        "update-lost-on-some-streams",
        "every tenth stream gets no updates",
        &["S-SSE-012"],
        Hooks {
            event: |_, event, stream, _| {
                let is_lost = is_update(&event) && stream.stream.is_multiple_of(10);
                if is_lost { Vec::new() } else { vec![event] }
            },
            ..NONE
        },
    ),
    wrong(
        "update-doubled",
        "updates are sent twice",
        &["S-SSE-003", "S-SSE-012"],
        Hooks {
            event: |_, event, _, _| {
                let count = if is_update(&event) { 2 } else { 1 };
                vec![event; count]
            },
            ..NONE
        },
    ),
    missing(
        "updates-out-of-order",
        "two updates change places",
        &["S-SSE-005"],
        Hooks {
            event: |_, event, stream, _| match stream.held.take() {
                Some(held) => vec![event, held],
                None if is_update(&event) => {
                    stream.held = Some(event);
                    Vec::new()
                }
                None => vec![event],
            },
            ..NONE
        },
    ),
    wrong(
        "older-update-repeated",
        "an update is followed by the one before it",
        &["S-SSE-005"],
        Hooks {
            event: |_, event, stream, _| {
                if !is_update(&event) {
                    return vec![event];
                }
                let before = stream.held.replace(event.clone());
                [event].into_iter().chain(before).collect()
            },
            ..NONE
        },
    ),
    wrong(
        "update-in-two-steps",
        "an update with the value comes before the one with the lock",
        &["S-PUT-004"],
        Hooks {
            event: |_, event, _, _| {
                let locked = |each: &mut Value| set(each, "l", json!(true));
                let before = is_update(&event).then(|| each_streamed(event.clone(), locked));
                before.into_iter().chain([event]).collect()
            },
            ..NONE
        },
    ),
    wrong(
        "value-lost-in-updates",
        "updates have no value",
        &["S-SSE-003", "S-PUT-001"],
        Hooks {
            event: |_, event, _, _| {
                let is_update = is_update(&event);
                vec![if is_update {
                    each_streamed(event, |each| remove(each, "value"))
                } else {
                    event
                }]
            },
            ..NONE
        },
    ),
    wrong(
        "strategies-lost-in-updates",
        "updates have other members than lists",
        &["S-SSE-003"],
        Hooks {
            event: |_, event, _, _| {
                let is_update = is_update(&event);
                vec![if is_update {
                    each_streamed(event, |each| remove(each, "strategies"))
                } else {
                    event
                }]
            },
            ..NONE
        },
    ),
    wrong(
        "deletion-as-update",
        "a deletion is sent as an update",
        &["S-SSE-006"],
        Hooks {
            event: |_, event, _, _| {
                let is_deletion = is_deletion(&event);
                vec![if is_deletion { event.with("event", "feature") } else { event }]
            },
            ..NONE
        },
    ),
    wrong(
        "deletion-without-id",
        "a deletion has no id",
        &["S-SSE-006"],
        Hooks {
            event: |_, event, _, _| {
                let is_deletion = is_deletion(&event);
                vec![if is_deletion {
                    each_streamed(event, |each| remove(each, "id"))
                } else {
                    event
                }]
            },
            ..NONE
        },
    ),
    wrong(
        "retired-with-version-0",
        "a retired feature is deleted with version 0",
        &["S-SSE-006"],
        Hooks {
            event: |_, event, _, _| {
                let zero = |each: &mut Value| set(each, "version", json!(0));
                vec![if is_deletion(&event) { each_streamed(event, zero) } else { event }]
            },
            ..NONE
        },
    ),
];
