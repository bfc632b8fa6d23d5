//! Requests of other languages: their failures, and values with all their digits. The tests of each language call the operations themselves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use fh_binding::operations::{Failure, FailureKind, Object, begin, perform, written};
use fh_client::testing::{Fault, MemoryEdge};
use fh_client::{Client, block_on};
use serde_json::{Value, json};

fn offline() -> Client {
    Client::offline().start().unwrap()
}

/// Returns the failure of an operation.
fn failure<T>(answer: Result<T, Failure>) -> Failure {
    answer.err().expect("the operation fails")
}

#[test]
fn wrong_requests_are_failures_that_say_what_is_wrong() {
    let client = offline();
    let edge = Object::of(r#"{"new": "edge"}"#).unwrap();
    let rules = Object::of(r#"{"new": "rules", "payload": "[]", "profile": "edge"}"#).unwrap();
    let overrides = Object::of(r#"{"new": "overrides"}"#).unwrap();
    let clock = Object::of(r#"{"new": "clock", "millis": 5}"#).unwrap();
    let set = r#"{"do": "set", "key": "A", "value": {"number": "five"}, "ifLocked": "keep"}"#;
    for (found, expected) in [
        (failure(perform(&client, "")), "EOF"),
        (failure(perform(&client, "[]")), "missing field `do`"),
        (failure(perform(&client, r#"{"do": "fly"}"#)), "unknown variant `fly`"),
        (failure(perform(&client, r#"{"do": "peek"}"#)), "missing field `key`"),
        (
            failure(perform(&client, r#"{"do": "peek", "key": "A", "kye": 1}"#)),
            "unknown field `kye`",
        ),
        (failure(perform(&client, r#"{"do": "flush", "millis": -1}"#)), "-1"),
        (
            failure(begin(&client, r#"{"do": "update", "key": "A", "until": "answered"}"#)),
            "a value, a lock, or both",
        ),
        (
            failure(begin(
                &client,
                r#"{"do": "update", "key": "A", "lock": true, "until": "answered", "apiKey": "no key"}"#,
            )),
            "API key",
        ),
        (
            failure(edge.perform(r#"{"do": "refuseUpdates", "status": 99, "reason": ""}"#)),
            "100 to 599",
        ),
        (failure(edge.perform(r#"{"do": "fail", "fault": {"status": [600, []]}}"#)), "100 to 599"),
        (failure(edge.perform(r#"{"do": "put", "json": "[]"}"#)), "invalid type: sequence"),
        (failure(edge.begin(r#"{"do": "set"}"#)), "unknown variant `set`"),
        (failure(edge.interceptor()), "no interceptor"),
        (failure(edge.clock()), "no clock"),
        (failure(clock.edge()), "no Edge in memory"),
        (failure(clock.begin(r#"{"do": "now"}"#)), "no operation that ends later"),
        (failure(overrides.perform(set)), "five is not a number"),
        (failure(rules.perform(r#"{"do": "explain", "key": "A"}"#)), "there is no feature A"),
        (
            failure(rules.perform(r#"{"do": "evaluate", "key": "A", "kind": "COLOUR"}"#)),
            "BOOLEAN, STRING, NUMBER or JSON",
        ),
        (
            failure(Object::of(r#"{"new": "rules", "payload": "{", "profile": "edge"}"#)),
            "payload: the document is not JSON: EOF while parsing an object at line 1 column 1: give the answer of an Edge",
        ),
        (failure(Object::of(r#"{"new": "moon"}"#)), "unknown variant `moon`"),
    ] {
        assert_eq!(found.kind, FailureKind::Invalid, "{found:?}");
        assert!(found.message.contains(expected), "{found:?}");
    }
}

#[test]
fn failures_have_their_kind_and_their_code() {
    let edge = MemoryEdge::new();
    edge.set("A", "red");
    edge.lock("A");
    let client = edge.client().start().unwrap();
    let ready = r#"{"do": "ready", "throughRefusals": false}"#;
    assert_eq!(block_on(begin(&client, ready).unwrap()), Ok(json!(null)));
    let update = |key: &str, value: &str| {
        let request =
            format!(r#"{{"do": "update", "key": "{key}", "value": {value}, "until": "received"}}"#);
        block_on(begin(&client, &request).unwrap())
    };
    let locked = failure(update("A", r#"{"text": "blue"}"#));
    assert_eq!(
        (locked.kind, locked.code, locked.status),
        (FailureKind::Refused, Some("locked"), Some(412))
    );
    let missing = failure(update("B", "\"null\""));
    assert_eq!(
        (missing.kind, missing.code, missing.status),
        (FailureKind::Refused, Some("no_such_feature"), Some(404))
    );
    let missing: Value = serde_json::from_str(&written(Err(missing))).unwrap();
    assert_eq!(
        (&missing["failure"]["kind"], &missing["failure"]["status"]),
        (&json!("refused"), &json!(404))
    );
    client.close();
    let closed = failure(block_on(begin(&client, r#"{"do": "refresh"}"#).unwrap()));
    assert_eq!((closed.kind, closed.code), (FailureKind::Closed, Some("closed")));
    edge.fail(Fault::Status(401));
    let waiting = edge.client().start().unwrap();
    let refused = failure(block_on(begin(&waiting, ready).unwrap()));
    assert_eq!(
        (refused.kind, refused.code),
        (FailureKind::NotReady, Some("unauthorised")),
        "{refused:?}"
    );
}

#[test]
fn numbers_keep_their_digits_in_both_directions() {
    for digits in
        ["9007199254740993", "0.1", "1e400", "-0", "7.50", "0.1000000000000000055511151231257827"]
    {
        let payload = json!(format!(r#"[{{"key": "A", "type": "NUMBER", "value": {digits}}}]"#));
        let rules = json!({ "new": "rules", "payload": payload, "profile": "client" }).to_string();
        let rules = Object::of(&rules).unwrap();
        let answer = rules.perform(r#"{"do": "evaluate", "key": "A"}"#).unwrap();
        assert_eq!(answer["value"], json!({ "number": digits }));
        let overrides = Object::of(r#"{"new": "overrides"}"#).unwrap();
        let set = json!({ "do": "set", "key": "A", "value": { "number": digits }, "ifLocked": "override" });
        overrides.perform(&set.to_string()).unwrap();
        let entries = overrides.perform(r#"{"do": "entries"}"#).unwrap();
        assert_eq!(entries["A"], json!({ "value": { "number": digits }, "ifLocked": "override" }));
    }
}
