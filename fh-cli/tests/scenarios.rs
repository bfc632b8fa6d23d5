//! Runs all scenarios of servers against `fh serve`. Each scenario has its own process, controlled by its state file and by signals.
#![cfg(unix)]

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fh_edge_conformance::scenario::{ALL, Failure, Program};

/// Scenarios that need a server that listens before it has a state. A server with a state file never does.
const ONLY_WITHOUT_A_STATE: [&str; 2] = ["S-GET-029", "S-OPS-001"];

/// Runs scenarios until none is left. Returns the ids of those that could not run, and the failures.
fn some(next: &AtomicUsize) -> (Vec<&'static str>, Vec<String>) {
    let program = Program { path: PathBuf::from(env!("CARGO_BIN_EXE_fh")) };
    let (mut not_run, mut wrong) = (Vec::new(), Vec::new());
    while let Some(scenario) = ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
        match scenario.run(&program) {
            Ok(()) => {}
            Err(Failure::Unable(_)) => not_run.push(scenario.id),
            Err(failure) => wrong.push(format!("{} {}: {failure}", scenario.id, scenario.name)),
        }
    }
    (not_run, wrong)
}

#[test]
fn every_scenario() {
    let next = AtomicUsize::new(0);
    let (mut not_run, mut wrong) = (Vec::new(), Vec::new());
    thread::scope(|scope| {
        let runners = [0; 4].map(|_| scope.spawn(|| some(&next)));
        for runner in runners {
            let (some_not_run, some_wrong) = runner.join().expect("a scenario panicked");
            not_run.extend(some_not_run);
            wrong.extend(some_wrong);
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    not_run.sort_unstable();
    assert_eq!(not_run, ONLY_WITHOUT_A_STATE);
}
