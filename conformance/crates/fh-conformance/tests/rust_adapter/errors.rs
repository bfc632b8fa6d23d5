//! Errors, and the end of the adapter.

use std::time::{Duration, Instant};

use fh_conformance::adapter::ProcessEnd;
use fh_conformance::protocol::ErrorCode;
use fh_test_servers::featurehub::Behaviour;
use serde_json::json;

use crate::Driver;

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
        let mut driver = Driver::start();
        let error = driver.try_create(settings.clone()).expect_err("a setting that is invalid");
        assert_eq!(error.code, ErrorCode::Sdk, "{settings}: {error:?}");
        let text = error.message.to_lowercase();
        assert!(text.contains(message), "{settings}: {text:?} lacks {message:?}");
        assert!(driver.try_ask("state", json!({})).is_err(), "{settings}");
    }
}

#[test]
fn commands_that_cannot_be_performed_are_errors_of_the_adapter() {
    let mut driver = Driver::ready(json!({}));
    for (op, members) in [
        ("fly", json!({})),
        ("state", json!({ "client": "nobody" })),
        ("read", json!({})),
        ("read", json!({ "reads": [{ "feature": "F", "type": "DATE" }] })),
        ("listen", json!({ "listener": "l", "on": "feature" })),
        ("listen", json!({ "listener": "l", "on": "weather" })),
        ("update", json!({ "feature": "F" })),
        ("create", json!({ "edge_url": "http://127.0.0.1:1", "keys": ["e/k*"] })),
        ("wait", json!({ "timeout_ms": "soon" })),
        ("evaluate", json!({ "payload": "[]", "profile": "server", "reads": [] })),
    ] {
        let error = driver.error(op, members.clone());
        assert_eq!(error.code, ErrorCode::Adapter, "{op} {members}: {error:?}");
        assert!(!error.message.is_empty());
    }
    // The adapter goes on, and null is the same as missing.
    driver.until_f("one");
    let read = json!({ "feature": "F", "type": "STRING", "default": null, "context": null });
    assert_eq!(driver.read(read)["value"], "one");
    driver.ask("wait", json!({ "timeout_ms": null, "unknown": 1 }));
}

#[test]
fn a_closed_client_gives_its_name_to_another() {
    let mut driver = Driver::ready(json!({}));
    driver.ask("close", json!({}));
    driver.create(json!({ "mode": "poll" }));
    driver.ask("wait", json!({ "timeout_ms": 10_000 }));
    driver.until_f("one");
}

#[test]
fn a_context_that_is_refused_is_an_error_of_the_sdk() {
    let mut driver = Driver::start();
    driver.create(json!({ "keys": [driver.edge.server_key()] }));
    let many: serde_json::Map<_, _> = (0..31).map(|n| (format!("a{n}"), json!(["x"]))).collect();
    let error = driver.error("context", json!({ "attributes": many, "timeout_ms": 5000 }));
    assert_eq!(error.code, ErrorCode::Sdk);
    assert!(error.message.contains("31"), "{error:?}");
}

#[test]
fn the_end_of_input_ends_the_adapter_also_while_a_listener_sleeps() {
    let mut driver = Driver::ready(json!({}));
    let sleep = json!([{ "do": "sleep", "ms": 60_000 }]);
    driver.ask("listen", json!({ "listener": "l", "on": "readiness", "then": sleep }));
    driver.calls("l", 1);
    let start = Instant::now();
    assert_eq!(driver.adapter.end(), ProcessEnd::Exited(Some(0)));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn the_end_of_input_ends_the_adapter_also_while_the_edge_is_silent() {
    let mut driver = Driver::start();
    driver.edge.behave(Behaviour::silence());
    driver.create(json!({}));
    assert_eq!(driver.adapter.end(), ProcessEnd::Exited(Some(0)));
}

#[test]
fn a_line_that_is_no_command_ends_the_adapter() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_fh-conformance"))
        .args(["adapter", "rust"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"\nhello\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(4), &b""[..]));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("is not a command"), "{message}");
}

#[test]
fn the_end_of_input_ends_a_command_that_waits() {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_fh-conformance"))
        .args(["adapter", "rust"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let create = json!({ "id": 1, "op": "create", "client": "c", "edge_url": "http://127.0.0.1:1", "keys": ["e/k*"] });
    let wait = json!({ "id": 2, "op": "wait", "client": "c", "timeout_ms": 60_000 });
    let start = Instant::now();
    child.stdin.take().unwrap().write_all(format!("{create}\n{wait}\n").as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(30), "{:?}", start.elapsed());
}
