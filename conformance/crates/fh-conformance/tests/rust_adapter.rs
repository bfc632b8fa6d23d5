//! The adapter of this project's client as a child process. `adapter check`, the cases and the scenarios, which run against it in the parts
//! "fh-rust" and "conformance" of `cargo xtask test`, show what it translates. What they do not show is here: errors, its end, and readers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use fh_conformance::adapter::{Adapter, AskError, Observed, ProcessEnd, Timeline};
use fh_conformance::protocol::{CommandError, ErrorCode, Event};
use fh_conformance::served_value;
use fh_test::wait::PATIENCE;
use fh_test_servers::featurehub::{FakeEdge, Feature};
use serde_json::{Map, Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_fh-conformance");

/// An adapter and an Edge with the features `F` and `STATE`.
struct Driver {
    adapter: Adapter,
    edge: FakeEdge,
}

impl Driver {
    fn start(state: &str) -> Self {
        let edge = FakeEdge::start().unwrap();
        edge.set_feature(Feature::string("F", "one"));
        edge.set_feature(Feature::string("STATE", state));
        let command = format!("'{PROGRAM}' adapter rust").parse().unwrap();
        Self { adapter: Adapter::start(&command, Timeline::default()).unwrap(), edge }
    }

    /// Creates the client `c` with short delays and these further members.
    fn create(&mut self, members: Value) -> Result<Value, CommandError> {
        let mut all = json!({
            "edge_url": self.edge.url(), "keys": [self.edge.client_key()], "mode": "stream",
            "poll_ms": 50, "retry": { "initial_ms": 20, "max_ms": 100, "jitter": 0.0 },
        });
        let Value::Object(members) = members else { panic!("{members} is no object") };
        all.as_object_mut().unwrap().extend(members);
        self.ask("create", all)
    }

    /// Sends a command for the client `c`, unless the members name another.
    fn ask(&mut self, op: &str, members: Value) -> Result<Value, CommandError> {
        let mut all = Map::from_iter([("client".to_owned(), json!("c"))]);
        let Value::Object(members) = members else { panic!("{members} is no object") };
        all.extend(members);
        match self.adapter.ask(op, all) {
            Ok(answer) => Ok(answer),
            Err(AskError::Answered(error)) => Err(error),
            Err(error) => panic!("{op}: {error}\n{}", self.adapter.log()),
        }
    }
}

#[test]
fn settings_that_the_client_refuses_are_errors_of_the_sdk() {
    for (settings, message) in [
        (json!({ "edge_url": "ftp://127.0.0.1" }), "http://"),
        (json!({ "keys": [""] }), "key"),
        (json!({ "keys": ["environment/key*", "environment/key"] }), "key"),
        (json!({ "keys": ["a/key*", "b/key*"], "mode": "stream" }), "streamed"),
        (json!({ "headers": { "content-length": "7" } }), "content-length"),
        (json!({ "ca_pem": "no certificate" }), "certificate"),
        (json!({ "proxy": "://" }), "proxy"),
        (json!({ "timeouts": { "head_ms": 0 } }), "head"),
    ] {
        let mut driver = Driver::start("1");
        let error = driver.create(settings.clone()).expect_err("a setting that is invalid");
        assert_eq!(error.code, ErrorCode::Sdk, "{settings}: {error:?}");
        let text = error.message.to_lowercase();
        assert!(text.contains(message), "{settings}: {text:?} lacks {message:?}");
        assert!(driver.ask("state", json!({})).is_err(), "{settings}");
    }
}

#[test]
fn commands_that_cannot_be_performed_are_errors() {
    let mut driver = Driver::start("1");
    driver.create(json!({ "keys": [driver.edge.server_key()] })).unwrap();
    let many: Map<_, _> = (0..31).map(|n| (format!("a{n}"), json!(["x"]))).collect();
    for (op, members, code) in [
        ("fly", json!({}), ErrorCode::Adapter),
        ("state", json!({ "client": "nobody" }), ErrorCode::Adapter),
        ("read", json!({}), ErrorCode::Adapter),
        ("read", json!({ "reads": [{ "feature": "F", "type": "DATE" }] }), ErrorCode::Adapter),
        ("listen", json!({ "listener": "l", "on": "feature" }), ErrorCode::Adapter),
        ("listen", json!({ "listener": "l", "on": "weather" }), ErrorCode::Adapter),
        ("update", json!({ "feature": "F" }), ErrorCode::Adapter),
        ("create", json!({ "edge_url": "http://[::1]:1", "keys": ["e/k*"] }), ErrorCode::Adapter),
        ("wait", json!({ "timeout_ms": "soon" }), ErrorCode::Adapter),
        (
            "evaluate",
            json!({ "payload": "[]", "profile": "server", "reads": [] }),
            ErrorCode::Adapter,
        ),
        ("context", json!({ "attributes": many, "timeout_ms": 5000 }), ErrorCode::Sdk),
    ] {
        let error = driver.ask(op, members.clone()).expect_err(op);
        assert_eq!(error.code, code, "{op} {members}: {error:?}");
        assert!(!error.message.is_empty());
    }
    driver.ask("wait", json!({ "timeout_ms": null, "unknown": 1 })).expect("it goes on");
}

/// Scenarios do not compare a member that an SDK cannot tell, so that they pass if the adapter leaves one out.
#[test]
fn a_read_tells_each_member() {
    let mut driver = Driver::start("1");
    driver.create(json!({})).unwrap();
    driver.ask("wait", json!({ "timeout_ms": 10_000 })).unwrap();
    let reads = json!({ "reads": [{ "feature": "F", "type": "STRING" }] });
    let expected = json!({
        "value": "one", "text": "one", "is_set": true, "exists": true, "locked": false, "version": 1,
        "type": "STRING", "reason": "STATIC", "properties": {},
    });
    assert_eq!(driver.ask("read", reads).unwrap()["answers"], json!([expected]));
}

/// No scenario fails if a reader is silent, so that this test alone shows that it is not.
#[test]
fn readers_report_what_was_never_served() {
    let wrong = |events: &[Observed]| {
        events.iter().find_map(|observed| match &observed.event {
            Event::Wrong { client, message } if client == "c" => Some(message.clone()),
            _ => None,
        })
    };
    let mut driver = Driver::start(&served_value::value(5));
    driver.create(json!({ "readers": 2 })).unwrap();
    driver.ask("wait", json!({ "timeout_ms": 10_000 })).unwrap();
    driver.edge.set_value("STATE", served_value::value(6));
    assert_eq!(wrong(driver.adapter.events()), None);
    // Each value is older than the one before it. A reader that rests may miss some of them.
    let message = (0..2000).rev().find_map(|n| {
        driver.edge.set_value("STATE", served_value::value(n));
        driver.adapter.wait_for_events(Duration::from_millis(10), wrong)
    });
    assert!(message.as_ref().is_some_and(|text| text.contains("came after value")), "{message:?}");

    let mut driver = Driver::start("7:another");
    driver.create(json!({ "readers": 1 })).unwrap();
    let message = driver.adapter.wait_for_events(PATIENCE, wrong).unwrap();
    assert!(message.contains("was never served"), "{message}");
}

#[test]
fn the_end_of_input_ends_the_adapter_also_while_a_listener_sleeps() {
    let mut driver = Driver::start("1");
    driver.create(json!({})).unwrap();
    let sleep = json!([{ "do": "sleep", "ms": 60_000 }]);
    driver.ask("listen", json!({ "listener": "l", "on": "readiness", "then": sleep })).unwrap();
    let called = |events: &[Observed]| (!events.is_empty()).then_some(());
    driver.adapter.wait_for_events(PATIENCE, called).expect("a call of the listener");
    let start = Instant::now();
    assert_eq!(driver.adapter.end(), ProcessEnd::Exited(Some(0)));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

/// Runs the adapter with this input, which then ends.
fn run(input: &str) -> Output {
    let mut child = Command::new(PROGRAM)
        .args(["adapter", "rust"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn a_line_that_is_no_command_ends_the_adapter() {
    let output = run("\nhello\n");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(4), &b""[..]));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("is not a command"), "{message}");
}

#[test]
fn the_end_of_input_ends_a_command_that_waits() {
    let create = json!({ "id": 1, "op": "create", "client": "c", "edge_url": "http://127.0.0.1:1", "keys": ["e/k*"] });
    let wait = json!({ "id": 2, "op": "wait", "client": "c", "timeout_ms": 60_000 });
    let start = Instant::now();
    assert_eq!(run(&format!("{create}\n{wait}\n")).status.code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}
