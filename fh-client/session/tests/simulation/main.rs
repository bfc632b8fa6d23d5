//! Random scripts for the state machine: models of an Edge and of a faulty network, users who give commands, a virtual clock, and
//! invariants that hold after every step (`invariant.rs`).
//!
//! `FH_SIMULATION_SCRIPTS=1000000` runs more scripts. `FH_SIMULATION_SEED=17` runs one script and prints all its events. `cargo
//! xtask simulate` switches mutants on one by one, and the simulation has to find each of them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub
)]
#![allow(
    clippy::disallowed_methods,
    reason = "runs scripts on all cores, and reads their number and seed from the environment"
)]

mod client;
mod connection;
mod conversation;
mod edge;
mod edge_behaviour;
#[cfg(feature = "featbit")]
mod featbit;
#[cfg(feature = "featuresignals")]
mod featuresignals;
#[cfg(not(target_family = "wasm"))]
mod hostile;
mod invariant;
#[cfg(mutants)]
mod mutants;
mod plan;
mod random;
mod run;
mod script;
mod spec;
#[cfg(any(feature = "featbit", feature = "featuresignals"))]
mod systems;
mod wire;
mod world;

use fh_session::{DEFAULT_INTERVAL, Mode};

use edge::Ending;
use script::Script;

/// Number of scripts of an ordinary run.
const SCRIPTS: u64 = 10_000;

/// Connections and problems that clients must show in at least one script: every state of the connection, and every problem of a status.
const REACHED: [&str; 30] = [
    "connecting",
    "streaming",
    "resting",
    "waiting",
    "paused",
    "done",
    "halted",
    "suspended",
    "offline",
    "closed",
    "bad_request",
    "unauthorised",
    "not_found",
    "failure",
    "stale",
    "too_many_requests",
    "server_error",
    "unexpected_status",
    "no_streaming",
    "content_type",
    "redirect",
    "malformed",
    "too_large",
    "no_environments",
    "empty_list",
    "unreachable",
    "tls",
    "timed_out",
    "closed_early",
    "disconnected",
];

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[cfg(not(target_family = "wasm"))]
#[test]
fn random_scripts_break_no_invariant() {
    if let Some(seed) = setting("FH_SIMULATION_SEED") {
        return run::replay(seed);
    }
    let scripts = setting("FH_SIMULATION_SCRIPTS").unwrap_or(SCRIPTS);
    let account = run::all(scripts).unwrap_or_else(|why| panic!("{why}"));
    println!("{scripts} scripts, {} steps", account.steps);
    // Scripts in which nothing happens would break no invariant either.
    assert!(account.steps > 100 * scripts);
    let missing: Vec<_> =
        REACHED.into_iter().filter(|name| !account.reached.contains(name)).collect();
    assert!(scripts < SCRIPTS || missing.is_empty(), "never reached: {missing:?}");
}

/// A connection may break before the first byte, within an event, between two events, or after the last byte.
#[test]
fn a_client_recovers_from_a_drop_at_every_byte() {
    for mode in [Mode::Streaming, Mode::Polling(DEFAULT_INTERVAL)] {
        for ending in [Ending::Broken, Ending::Complete, Ending::Silence] {
            for at in 0..1_200 {
                let mut script = Script::cut(mode, at, ending, false);
                if let Err(broken) = script.run_cut() {
                    let mut again = Script::cut(mode, at, ending, true);
                    let _ = again.run_cut();
                    panic!("{}\n{mode:?}, {ending:?} at {at}: {broken}", again.story(60));
                }
            }
        }
    }
}
