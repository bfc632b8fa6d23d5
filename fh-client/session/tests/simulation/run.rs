//! Runs many scripts on all cores, or a single one with its trace.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, ScopedJoinHandle};

use crate::script::Script;

/// Number of trace lines that are printed for a script that breaks an invariant.
const LINES: usize = 60;

/// The result of many scripts.
#[derive(Default)]
pub struct Account {
    pub steps: u64,
    /// Problems and connections that clients have shown.
    pub reached: BTreeSet<&'static str>,
}

/// Runs the scripts with seeds from 0 up to, but not including, `count`.
pub fn all(count: u64) -> Result<Account, String> {
    let next = AtomicU64::new(0);
    let work = || -> Result<Account, u64> {
        let mut account = Account::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= count {
                return Ok(account);
            }
            let mut script = Script::new(seed, false);
            if script.run().is_err() {
                next.store(count, Ordering::Relaxed);
                return Err(seed);
            }
            account.steps += script.steps;
            account.reached.extend(script.reached());
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        threads.into_iter().map(ScopedJoinHandle::join).collect()
    });
    let mut account = Account::default();
    for outcome in outcomes {
        match outcome {
            Ok(Ok(some)) => {
                account.steps += some.steps;
                account.reached.extend(some.reached);
            }
            Ok(Err(seed)) => return Err(story(seed)),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
    Ok(account)
}

/// Runs one script again and returns its trace.
fn story(seed: u64) -> String {
    let mut script = Script::new(seed, true);
    match script.run() {
        Ok(()) => format!("script {seed} violates no invariant the second time"),
        Err(broken) => format!(
            "{}\n\nscript {seed} (FH_SIMULATION_SEED={seed}) violates an invariant: {broken}",
            script.story(LINES)
        ),
    }
}

/// Runs one script and prints its whole trace.
pub fn replay(seed: u64) {
    let mut script = Script::new(seed, true);
    let outcome = script.run();
    println!("{}", script.story(usize::MAX));
    if let Err(broken) = outcome {
        panic!("script {seed} violates an invariant: {broken}");
    }
}
