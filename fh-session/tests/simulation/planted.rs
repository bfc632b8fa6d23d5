//! Switches planted bugs on one by one and checks that the simulation finds each. This tests the simulation itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use fh_session::planted::{Bug, plant};

use crate::invariant::{Broken, Invariant};
use crate::script::Script;

/// Number of scripts after which a bug counts as missed. An ordinary run has more.
const SCRIPTS: u64 = 3_000;

#[test]
fn every_planted_bug_is_found() {
    let work = Mutex::new(Bug::ALL.iter().copied().enumerate().collect::<Vec<_>>());
    let found = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = work.lock().unwrap().pop();
                    let Some((at, (bug, what))) = next else { return };
                    plant(Some(bug));
                    let outcome = find(SCRIPTS);
                    plant(None);
                    found.lock().unwrap().push((at, bug, what, outcome));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|(at, ..)| *at);
    println!("\n{:<24} {:>6}  {:<12} what it is", "mutant", "script", "invariant");
    let mut missed = Vec::new();
    for (_, bug, what, outcome) in &found {
        let name = format!("{bug:?}");
        match outcome {
            Some((script, broken)) => {
                let invariant = format!("{:?}", broken.invariant);
                println!("{name:<24} {script:>6}  {invariant:<12}{what}");
            }
            None => {
                println!("{name:<24} MISSED  {:<12}{what}", "");
                missed.push(name);
            }
        }
    }
    println!("{} planted, {} found", found.len(), found.len() - missed.len());
    assert!(missed.is_empty(), "{SCRIPTS} scripts did not find {missed:?}");
}

/// Returns the first script that breaks an invariant.
fn find(scripts: u64) -> Option<(u64, Broken)> {
    (0..scripts).find_map(|seed| {
        let run = || Script::new(seed, false).run();
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => None,
            Ok(Err(broken)) => Some((seed, broken)),
            Err(_) => Some((seed, Broken { invariant: Invariant::Panics, why: String::new() })),
        }
    })
}
