//! Rewrites of headers, HEAD, preflights and compression.

use super::super::asked::Kind;
use super::super::message::Message;
use super::super::rewrite::{Hooks, NONE, Rewrite, wrong};

fn without_item(list: &str, item: &str) -> String {
    let items = list.split(',').map(str::trim).filter(|each| !each.eq_ignore_ascii_case(item));
    items.collect::<Vec<_>>().join(", ")
}

fn forget_cors(answer: &mut Message) {
    answer.headers.retain(|(name, _)| !name.to_ascii_lowercase().starts_with("access-control-"));
}

pub(super) const ALL: &[Rewrite] = &[
    wrong(
        "content-type-of-polls",
        "polls are answered with text",
        &["S-GET-001"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.kind() == Kind::Poll {
                    answer.change("content-type", |_| "text/plain".to_owned());
                }
            },
            ..NONE
        },
    ),
    wrong(
        "cache-control-lost",
        "no answer says how long it may be used",
        &["S-GET-023"],
        Hooks { answer: |_, answer, _| answer.remove("cache-control"), ..NONE },
    ),
    wrong(
        "cache-control-lost-on-304",
        "304 does not say how long the list may be used",
        &["S-GET-023"],
        Hooks {
            answer: |_, answer, _| {
                if answer.status() == 304 {
                    answer.remove("cache-control");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "gzip-unasked",
        "answers are compressed for clients that do not accept it",
        &["S-GET-030"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                request.set("accept-encoding", "gzip");
                vec![request]
            },
            ..NONE
        },
    ),
    wrong(
        "gzip-only-said",
        "an answer says that it is compressed, and is not",
        &["S-GET-030"],
        Hooks {
            request: |asked, _| {
                let mut request = asked.clone();
                request.remove("accept-encoding");
                vec![request]
            },
            answer: |asked, answer, _| {
                if asked.get("accept-encoding").is_some() {
                    answer.set("content-encoding", "gzip");
                    answer.set("vary", "accept-encoding");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "vary-lost",
        "a compressed answer has no `vary`",
        &["S-GET-030"],
        Hooks { answer: |_, answer, _| answer.remove("vary"), ..NONE },
    ),
    wrong(
        "head-with-a-body",
        "HEAD is answered with a body",
        &["S-GET-031"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.method() == "HEAD" {
                    answer.body = Some(b"[]".to_vec());
                }
            },
            ..NONE
        },
    ),
    wrong(
        "head-refused",
        "HEAD is not allowed",
        &["S-GET-031"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.method() == "HEAD" {
                    answer.set_status(405);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "cors-lost",
        "browsers of other origins may read nothing",
        &["S-GET-031", "S-OPS-005"],
        Hooks { answer: |_, answer, _| forget_cors(answer), ..NONE },
    ),
    wrong(
        "cors-lost-on-streams",
        "browsers of other origins may read no stream",
        &["S-OPS-005"],
        Hooks {
            answer: |asked, answer, _| {
                if asked.kind() == Kind::Stream {
                    forget_cors(answer);
                }
            },
            ..NONE
        },
    ),
    wrong(
        "cors-with-credentials",
        "all origins may send credentials",
        &["S-GET-031", "S-OPS-005"],
        Hooks {
            answer: |_, answer, _| {
                if answer.get("access-control-allow-origin").is_some() {
                    answer.set("access-control-allow-credentials", "true");
                }
            },
            ..NONE
        },
    ),
    wrong(
        "etag-not-exposed",
        "browsers cannot read the etag",
        &["S-GET-031"],
        Hooks {
            answer: |_, answer, _| {
                answer.change("access-control-expose-headers", |list| without_item(list, "etag"));
            },
            ..NONE
        },
    ),
    wrong(
        "put-not-in-preflight",
        "browsers may not send PUT",
        &["S-GET-031"],
        Hooks {
            answer: |_, answer, _| {
                answer.change("access-control-allow-methods", |list| without_item(list, "put"));
            },
            ..NONE
        },
    ),
    wrong(
        "cors-without-origin",
        "answers to requests without an origin have CORS headers",
        &["S-GET-031"],
        Hooks { answer: |_, answer, _| answer.set("access-control-allow-origin", "*"), ..NONE },
    ),
];
