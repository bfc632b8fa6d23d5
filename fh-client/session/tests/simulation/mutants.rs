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
    // Without its feature, the build holds no code of a system.
    let is_built = |mutant: &Mutant| match System::of(*mutant) {
        System::FeatureHub => true,
        System::FeatBit => cfg!(feature = "featbit"),
        System::FeatureSignals => cfg!(feature = "featuresignals"),
    };
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
                    let outcome = find(SCRIPTS, System::of(mutant));
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

/// The system whose scripts find a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    FeatureHub,
    FeatBit,
    FeatureSignals,
}

impl System {
    pub fn of(mutant: Mutant) -> Self {
        let name = format!("{mutant:?}");
        match () {
            () if name.starts_with("FeatBit") => Self::FeatBit,
            () if name.starts_with("FeatureSignals") => Self::FeatureSignals,
            () => Self::FeatureHub,
        }
    }
}

/// Returns the first script that breaks an invariant.
fn find(scripts: u64, system: System) -> Option<(u64, Broken)> {
    (0..scripts).find_map(|seed| {
        let run = || match system {
            #[cfg(feature = "featbit")]
            System::FeatBit => of_system::<crate::featbit::Script>(seed),
            #[cfg(feature = "featuresignals")]
            System::FeatureSignals => of_system::<crate::featuresignals::Script>(seed),
            _ => Script::new(seed, false).run(),
        };
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(())) => None,
            Ok(Err(broken)) => Some((seed, broken)),
            Err(_) => Some((seed, Broken { invariant: Invariant::Panics, why: String::new() })),
        }
    })
}

#[cfg(any(feature = "featbit", feature = "featuresignals"))]
fn of_system<S: crate::systems::SystemScript>(seed: u64) -> Result<(), Broken> {
    S::new(seed, false).run()
}
