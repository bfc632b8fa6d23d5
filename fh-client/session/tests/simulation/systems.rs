//! Runs the random scripts of a further system on all cores, or a single one with its trace.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::invariant::Broken;

/// A script of a further system.
pub trait SystemScript {
    /// The system's name in messages.
    const SYSTEM: &'static str;
    /// Number of scripts of an ordinary run.
    const SCRIPTS: u64 = 2_000;

    /// Creates the script of a seed, which keeps its trace if `traces` is true.
    fn new(seed: u64, traces: bool) -> Self;

    /// Runs the script to its end.
    fn run(&mut self) -> Result<(), Broken>;

    /// Returns the last lines of the trace.
    fn story(&self) -> String;

    /// Returns the number of steps so far.
    fn steps(&self) -> u64;

    /// Returns the connections, problems and notices that the client has shown.
    fn reached(&self) -> &BTreeSet<&'static str>;
}

/// Runs all scripts, of which at least one must reach each of these connections, problems and notices.
pub fn run_all<S: SystemScript>(reached_by_some: &[&str]) {
    let system = S::SYSTEM;
    if let Some(seed) = crate::setting("FH_SIMULATION_SEED") {
        let mut script = S::new(seed, true);
        let outcome = script.run();
        println!("{}", script.story());
        return outcome.unwrap_or_else(|broken| panic!("{system} script {seed}: {broken}"));
    }
    let scripts = crate::setting("FH_SIMULATION_SCRIPTS").unwrap_or(S::SCRIPTS);
    let next = AtomicU64::new(0);
    let work = || {
        let (mut steps, mut reached) = (0, BTreeSet::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= scripts {
                return Ok((steps, reached));
            }
            let mut script = S::new(seed, false);
            if script.run().is_err() {
                next.store(scripts, Ordering::Relaxed);
                return Err(seed);
            }
            steps += script.steps();
            reached.extend(script.reached().iter().copied());
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let (mut steps, mut reached) = (0, BTreeSet::new());
    for outcome in outcomes {
        match outcome {
            Ok((more, shown)) => {
                steps += more;
                reached.extend(shown);
            }
            Err(seed) => {
                let mut again = S::new(seed, true);
                let broken = again.run().expect_err("the same script");
                panic!(
                    "{}\n\n{system} script {seed} (FH_SIMULATION_SEED={seed}) violates an invariant: {broken}",
                    again.story()
                );
            }
        }
    }
    println!("{scripts} {system} scripts, {steps} steps");
    // Scripts in which nothing happens would break no invariant either.
    assert!(steps > 50 * scripts);
    let missing: Vec<_> = reached_by_some.iter().filter(|name| !reached.contains(*name)).collect();
    assert!(scripts < S::SCRIPTS || missing.is_empty(), "never reached: {missing:?}");
}
