//! Random scripts for the session with a FeatBit server: a plain model of the server, a faulty network, users who give commands, clocks that
//! jump, and invariants that hold after every step. The seeds are those of this module only.
//!
//! `FH_SIMULATION_SCRIPTS=10000` runs more scripts. `FH_SIMULATION_SEED=17` runs one script and prints all its events.

mod client;
mod connection;
mod fault;
mod plan;
mod script;
mod server;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

pub use script::Script;

/// Number of scripts of an ordinary run.
const SCRIPTS: u64 = 2_000;

/// Connections, problems and notices that clients must show in at least one script.
const REACHED: [&str; 25] = [
    "connecting",
    "streaming",
    "resting",
    "waiting",
    "suspended",
    "offline",
    "closed",
    "bad_request",
    "unauthorised",
    "not_found",
    "too_many_requests",
    "server_error",
    "unexpected_status",
    "secret_refused",
    "sockets_blocked",
    "malformed",
    "too_large",
    "unreachable",
    "tls",
    "timed_out",
    "closed_early",
    "disconnected",
    "notice sockets_unsupported",
    "notice sockets_blocked",
    "notice clock_off",
];

#[cfg(not(target_family = "wasm"))]
#[test]
fn random_scripts_break_no_invariant() {
    if let Some(seed) = crate::setting("FH_SIMULATION_SEED") {
        let mut script = Script::new(seed, true);
        let outcome = script.run();
        println!("{}", script.story());
        return outcome.unwrap_or_else(|broken| panic!("FeatBit script {seed}: {broken}"));
    }
    let scripts = crate::setting("FH_SIMULATION_SCRIPTS").unwrap_or(SCRIPTS);
    let next = AtomicU64::new(0);
    let work = || {
        let (mut steps, mut reached) = (0, BTreeSet::new());
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= scripts {
                return Ok((steps, reached));
            }
            let mut script = Script::new(seed, false);
            if script.run().is_err() {
                next.store(scripts, Ordering::Relaxed);
                return Err(seed);
            }
            steps += script.steps;
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
                let mut again = Script::new(seed, true);
                let broken = again.run().expect_err("the same script");
                panic!(
                    "{}\n\nFeatBit script {seed} (FH_SIMULATION_SEED={seed}) violates an invariant: {broken}",
                    again.story()
                );
            }
        }
    }
    println!("{scripts} FeatBit scripts, {steps} steps");
    // Scripts in which nothing happens would break no invariant either.
    assert!(steps > 50 * scripts);
    let missing: Vec<_> = REACHED.into_iter().filter(|name| !reached.contains(name)).collect();
    assert!(scripts < SCRIPTS || missing.is_empty(), "never reached: {missing:?}");
}
