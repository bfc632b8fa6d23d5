//! Environment variables, tested in processes that have them.

use std::process::Command;

use fh_opentelemetry::baggage::lock_policy_from_environment;
use fh_opentelemetry::{Mode, SpanUsage};

fn said() -> String {
    let usage = format!("{:?}", SpanUsage::new());
    let mode = if usage.contains("mode: Events") { "events" } else { "attributes" };
    format!("{mode} {:?}", lock_policy_from_environment())
}

/// Checks the environment of this process; it is run by [`environment_variables_select_mode_and_lock_policy`].
#[test]
fn what_the_environment_says() {
    assert_eq!(said(), std::env::var("EXPECTED").unwrap_or("attributes Respect".into()));
    let fixed = SpanUsage::new().mode(Mode::Attributes);
    assert!(format!("{fixed:?}").contains("mode: Attributes"), "the program goes first");
}

#[test]
fn environment_variables_select_mode_and_lock_policy() {
    const EVENTS: &str = "FEATUREHUB_OTEL_SPAN_AS_EVENTS";
    const LOCKED: &str = "FEATUREHUB_OTEL_ALLOW_LOCKED_OVERRIDE";
    let run = |events: &str, locked: &str, expected: &str| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "environment::what_the_environment_says"]);
        child.env(EVENTS, events).env(LOCKED, locked).env("EXPECTED", expected);
        child.output().unwrap().status.success()
    };
    for (events, locked, expected) in [
        ("", "", "attributes Respect"),
        ("true", "", "events Respect"),
        ("TRUE", "1", "attributes Respect"),
        ("false", "true", "attributes Override"),
        ("true", "true", "events Override"),
    ] {
        assert!(run(events, locked, expected), "{expected}");
    }
    assert!(!run("true", "", "attributes Respect"), "the child was not asked");
}
