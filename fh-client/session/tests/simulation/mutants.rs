//! Switches the mutants on one by one and checks that the simulation finds each. This tests the simulation itself.
//!
//! The sources hold no mutants. `cargo xtask simulate` runs this test in a copy of the project that holds them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::thread;

use fh_session::mutants::{Mutant, of_process, switch_on};

use crate::invariant::{Broken, Invariant};
use crate::script::Script;

/// Number of scripts after which a mutant counts as missed. An ordinary run has more.
const SCRIPTS: u64 = 3_000;

/// Tests all mutants, or only the one that `FH_MUTANT` names.
#[test]
fn every_mutant_is_found() {
    let wanted = of_process();
    // Without the feature, the build holds no code of FeatBit.
    let is_built = |mutant: &Mutant| cfg!(feature = "featbit") || !is_of_featbit(*mutant);
    let all = Mutant::ALL.iter().copied().filter(|(mutant, _)| is_built(mutant));
    let chosen = all.filter(|(mutant, _)| wanted.is_none_or(|wanted| wanted == *mutant));
    let work = Mutex::new(chosen.enumerate().collect::<Vec<_>>());
    let found = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let next = work.lock().unwrap().pop();
                    let Some((at, (mutant, breaks))) = next else { return };
                    switch_on(Some(mutant));
                    let outcome = find(SCRIPTS, is_of_featbit(mutant));
                    switch_on(None);
                    found.lock().unwrap().push((at, mutant, breaks, outcome));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|(at, ..)| *at);
    println!("\n{:<26} {:>6}  {:<12} effect", "mutant", "script", "invariant");
    let mut missed = Vec::new();
    for (_, mutant, breaks, outcome) in &found {
        let name = format!("{mutant:?}");
        match outcome {
            Some((script, broken)) => {
                let invariant = format!("{:?}", broken.invariant);
                println!("{name:<26} {script:>6}  {invariant:<12} {breaks}");
            }
            None => {
                println!("{name:<26} MISSED  {:<12} {breaks}", "");
                missed.push(name);
            }
        }
    }
    println!("{} mutants, {} found", found.len(), found.len() - missed.len());
    assert!(missed.is_empty(), "{SCRIPTS} scripts did not find {missed:?}");
}

/// Returns true for a mutant of the session with a FeatBit server, which has scripts of its own.
pub fn is_of_featbit(mutant: Mutant) -> bool {
    format!("{mutant:?}").starts_with("FeatBit")
}

/// Returns the first script that breaks an invariant.
fn find(scripts: u64, is_of_featbit: bool) -> Option<(u64, Broken)> {
    (0..scripts).find_map(|seed| {
        let run = || match is_of_featbit {
            #[cfg(feature = "featbit")]
            true => crate::featbit::Script::new(seed, false).run(),
            _ => Script::new(seed, false).run(),
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => None,
            Ok(Err(broken)) => Some((seed, broken)),
            Err(_) => Some((seed, Broken { invariant: Invariant::Panics, why: String::new() })),
        }
    })
}
