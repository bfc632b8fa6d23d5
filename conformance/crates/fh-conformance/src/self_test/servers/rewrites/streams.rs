//! Rewrites of how streams begin, go on and end.

use super::super::asked::Kind;
use super::super::event::Event;
use super::super::message::Message;
use super::super::rewrite::{
    ClientGone, Hooks, NONE, Rewrite, SlowClient, StreamEnd, missing, wrong,
};

/// Returns the event unless it has this name.
fn unless(event: Event, name: &str) -> Vec<Event> {
    if event.name() == name { Vec::new() } else { vec![event] }
}

/// Returns a request without a header if the condition holds for its value.
fn without(asked: &Message, name: &str, condition: impl Fn(&str) -> bool) -> Vec<Message> {
    let mut request = asked.clone();
    if asked.get(name).is_some_and(condition) {
        request.remove(name);
    }
    vec![request]
}

pub(super) const ALL: &[Rewrite] = &[
    wrong(
        "stream-content-type",
        "streams are answered with text",
        &["S-SSE-001"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.kind() == Kind::Stream {
                    answer.change("content-type", |_| "text/plain".to_owned());
                }
            },
            ..NONE
        },
    ),
    wrong(
        "stream-buffering-allowed",
        "proxies are not told to pass streams at once",
        &["S-SSE-001"],
        Hooks { answer: |_, answer, _| answer.remove("x-accel-buffering"), ..NONE },
    ),
    wrong(
        "stream-transformable",
        "proxies may compress streams",
        &["S-SSE-019"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.kind() == Kind::Stream {
                    answer.change("cache-control", |value| value.replace("no-transform", ""));
                }
            },
            ..NONE
        },
    ),
    wrong(
        "ack-lost",
        "streams do not begin with `ack`",
        &["S-SSE-001", "S-SSE-007"],
        Hooks {
            event: |_, event, _, _| if event.is_opening() { Vec::new() } else { vec![event] },
            ..NONE
        },
    ),
    wrong(
        "id-lost",
        "lists have no id",
        &["S-SSE-001", "S-SSE-002"],
        Hooks { event: |_, event, _, _| vec![event.without("id")], ..NONE },
    ),
    wrong(
        "id-is-no-etag",
        "the id of a list is not its etag",
        &["S-SSE-001"],
        Hooks { event: |_, event, _, _| vec![event.with("id", "another")], ..NONE },
    ),
    wrong(
        "last-event-id-ignored",
        "a stream that is resumed begins anew",
        &["S-SSE-002"],
        Hooks { request: |asked, _| without(asked, "last-event-id", |_| true), ..NONE },
    ),
    missing(
        "bare-event-id-honoured",
        "a stream with an event id without quotes is resumed",
        &["S-SSE-002"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                if let Some(id) = asked.get("last-event-id").filter(|id| !id.starts_with('"')) {
                    let id = format!("\"{id}\"");
                    request.remove("last-event-id");
                    request.headers.push(("last-event-id".to_owned(), id));
                }
                vec![request]
            },
            ..NONE
        },
    ),
    missing(
        "list-from-cache",
        "a stream begins with the list of an earlier one",
        &["S-SSE-004"],
        Hooks {
            event: |asked, event, _, memory| {
                if event.name() != "features" {
                    return vec![event];
                }
                let (path, data) = (asked.path().to_owned(), event.data().to_owned());
                let first = memory.open().texts.entry(path).or_insert(data).clone();
                vec![event.with("data", &first)]
            },
            ..NONE
        },
    ),
    missing(
        "stream-buffered",
        "an event is sent with the next one",
        &["S-SSE-001", "S-SSE-018"],
        Hooks {
            event: |_, event, stream, _| stream.held.replace(event).into_iter().collect(),
            ..NONE
        },
    ),
    wrong(
        "failure-lost",
        "an unknown or revoked key ends the stream without `failure`",
        &["S-SSE-007", "S-SSE-015"],
        Hooks { event: |_, event, _, _| unless(event, "failure"), ..NONE },
    ),
    wrong(
        "failure-as-bye",
        "an unknown or revoked key gets `bye`",
        &["S-SSE-007", "S-SSE-015"],
        Hooks {
            event: |_, event, _, _| {
                let is_failure = event.name() == "failure";
                vec![if is_failure { event.with("event", "bye") } else { event }]
            },
            ..NONE
        },
    ),
    wrong(
        "bye-lost",
        "streams end without `bye`",
        &["S-SSE-008", "S-OPS-003"],
        Hooks { event: |_, event, _, _| unless(event, "bye"), ..NONE },
    ),
    wrong(
        "stream-cut",
        "streams are cut before the end of their body",
        &["S-SSE-008", "S-SSE-016", "S-OPS-003"],
        Hooks { end: StreamEnd::Cut, ..NONE },
    ),
    missing(
        "stream-never-ends",
        "streams stay open when they should end",
        &["S-SSE-007", "S-SSE-008"],
        Hooks { end: StreamEnd::Never, ..NONE },
    ),
    missing(
        "heartbeat-lost",
        "no heartbeat is sent",
        &["S-SSE-009"],
        Hooks {
            event: |_, event, _, _| if event.is_heartbeat() { Vec::new() } else { vec![event] },
            ..NONE
        },
    ),
    missing(
        "stale-config-lost",
        "a stream does not say that its environment is not up to date",
        &["S-SSE-017"],
        Hooks { event: |_, event, _, _| unless(event, "config"), ..NONE },
    ),
    missing(
        "slow-readers-queued",
        "what a client does not read is queued for ever",
        &["S-SSE-013"],
        Hooks { slow: SlowClient::Queued, ..NONE },
    ),
    missing(
        "disconnects-unnoticed",
        "streams of clients that left stay open",
        &["S-SSE-014"],
        Hooks { gone: ClientGone::Unnoticed, ..NONE },
    ),
];
