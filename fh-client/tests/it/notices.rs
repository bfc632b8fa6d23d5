//! Notices in the log.

use std::sync::Arc;

use fh_client::testing::MemoryEdge;
use fh_client::{Flow, InterceptedRead, Interceptor, LockPolicy, Value};
use fh_test::Log;

use crate::support::{PATIENCE, soon, started};

/// A notice about an interceptor reaches the log even if the program has no listener for notices.
#[test]
fn notices_about_interceptors_are_logged_once() {
    struct Wrong;
    impl Interceptor for Wrong {
        fn name(&self) -> &str {
            "wrong-interceptor"
        }
        fn intercept(&self, _: &InterceptedRead<'_>) -> Flow {
            Flow::Override(Some(Value::Text("maybe".into())))
        }
    }
    let log = Log::capture();
    let edge = MemoryEdge::new();
    edge.set("FLAG", true);
    let client = started(edge.client());
    client.intercept(Arc::new(Wrong), LockPolicy::default()).detach();
    for _ in 0..3 {
        assert!(client.is_enabled("FLAG"));
    }
    let line = "the override of FLAG by wrong-interceptor was not used";
    assert_eq!(log.wait_for_lines(PATIENCE, |found| found.contains(line)).len(), 1);
    client.close();
    soon(client.closed());
    assert_eq!(log.text().matches(line).count(), 1);
}

#[test]
fn misspelt_reads_are_logged_once_but_not_in_tests() {
    let log = Log::capture();
    let list =
        r#"[{"id": "1", "key": "NEW_CHECKOUT", "version": 1, "type": "BOOLEAN", "value": true}]"#;
    let client = fh_client::Client::offline().bootstrap(list).start().unwrap();
    let tested = started(MemoryEdge::new().client());
    client.wait_ready(PATIENCE).unwrap();
    for _ in 0..3 {
        assert!(!tested.is_enabled("PRICES"));
        assert!(!client.is_enabled("NEW_CHEKOUT"));
        assert_eq!(client.string("NEW_CHECKOUT"), None);
        assert!(!client.is_enabled("PRICES"));
    }
    let lines = log.wait_for_lines(PATIENCE, |found| found.contains("there is no feature PRICES"));
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains("INFO"), "{lines:?}");
    let text = log.text();
    for line in ["did you mean NEW_CHECKOUT?", "the feature NEW_CHECKOUT is of type BOOLEAN"] {
        let found: Vec<_> = text.lines().filter(|found| found.contains(line)).collect();
        assert!(found.len() == 1 && found[0].contains("WARN"), "{found:?}");
    }
}

/// A program that ends right after its reads gets their notices, because the drop of the last handle waits for the log.
#[test]
fn notices_are_logged_before_the_last_handle_is_dropped() {
    let log = Log::capture();
    for number in 0..50 {
        let client = fh_client::Client::offline().bootstrap("[]").start().unwrap();
        client.wait_ready(PATIENCE).unwrap();
        let feature = format!("FEATURE_{number}_");
        assert!(!client.is_enabled(&feature));
        drop(client);
        assert!(log.text().contains(&feature), "{number}");
    }
}
