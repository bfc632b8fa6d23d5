//! The scenarios do justice to SDKs that lack a transport of this project's client, or that start slowly, and to known failures.
#![allow(clippy::unwrap_used)]

use std::cell::Cell;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fh_conformance::adapter::AdapterCommand;
use fh_conformance::sdk::{
    Delays, ScenarioOutcome, ScenarioResult, Subject, confirm_passes, run_one, scenarios,
};

/// Returns the command of this project's adapter behind the example `bad_adapter`, which changes it in one way.
fn adapter(change: &str) -> AdapterCommand {
    let test = std::env::current_exe().unwrap();
    let example: PathBuf = test.parent().unwrap().parent().unwrap().join("examples/bad_adapter");
    let program = env!("CARGO_BIN_EXE_fh-conformance");
    format!("'{}' '{program}' {change}", example.display()).parse().unwrap()
}

fn run(change: &str, id: &str) -> ScenarioResult {
    let subject = Subject::discover(adapter(change)).unwrap();
    run_one(scenarios::named(id).unwrap(), &subject, Delays::Scaled)
}

#[test]
fn an_sdk_without_polls_refuses_invalid_keys_of_a_stream() {
    assert_eq!(run("has-no-polls", "C-SEC-004").outcome, ScenarioOutcome::Passed);
}

#[test]
fn a_fault_lasts_from_the_first_request_of_an_sdk_that_starts_slowly() {
    // The SDK takes 1.5 s for `create`, and the fault lasts for 1.2 s, which is long enough for retries.
    let result = run("creates-slowly", "F-001");
    assert_eq!(result.outcome, ScenarioOutcome::Passed);
    let requests = result.measurements.iter().find(|measured| measured.name == "requests");
    assert!(requests.is_some_and(|requests| requests.value >= 2.0), "{:?}", result.measurements);
}

/// Returns the outcome of a scenario that this SDK fails, after a run that passed on a machine as late as this, and the number of runs
/// after it.
fn after_a_pass(late: Duration, is_known: bool) -> (ScenarioOutcome, usize) {
    let subject = Subject::discover(adapter("dies-with-a-listener")).unwrap();
    let passed = ScenarioResult {
        scenario: scenarios::named("C-LISTEN-001").unwrap(),
        outcome: ScenarioOutcome::Passed,
        took: Duration::ZERO,
        start: Instant::now(),
        timeline: Vec::new(),
        log: String::new(),
        measurements: Vec::new(),
        late,
        last_request: None,
    };
    let (mut results, runs) = ([passed], Cell::new(0));
    let count = |_: &ScenarioResult| runs.set(runs.get() + 1);
    confirm_passes(&mut results, &subject, Delays::Scaled, |_| is_known, count);
    let [result] = results;
    (result.outcome, runs.get())
}

#[test]
fn a_known_failure_that_passed_on_a_busy_machine_is_tried_again() {
    let (outcome, runs) = after_a_pass(Duration::from_secs(1), true);
    assert!(matches!(outcome, ScenarioOutcome::Failed(_)), "{outcome:?}");
    assert_eq!(runs, 1);
}

#[test]
fn other_passes_count() {
    for (late, is_known) in [(Duration::from_secs(1), false), (Duration::ZERO, true)] {
        assert_eq!(after_a_pass(late, is_known), (ScenarioOutcome::Passed, 0));
    }
}
