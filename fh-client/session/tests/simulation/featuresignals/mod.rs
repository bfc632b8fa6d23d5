//! Random scripts for the session with a FeatureSignals server: a plain model of the server, a faulty network, users who give commands, and
//! invariants that hold after every step. The seeds are those of this module only.
//!
//! `FH_SIMULATION_SCRIPTS=10000` runs more scripts. `FH_SIMULATION_SEED=17` runs one script and prints all its events.

mod client;
mod connection;
mod converge;
mod fault;
mod limits;
mod plan;
mod refresh;
mod script;
mod server;

pub use script::Script;

/// Connections, problems and notices that clients must show in at least one script.
const REACHED: [&str; 25] = [
    "connecting",
    "streaming",
    "resting",
    "waiting",
    "done",
    "suspended",
    "closed",
    "bad_request",
    "unauthorised",
    "not_found",
    "rejected",
    "too_many_requests",
    "server_error",
    "unexpected_status",
    "content_type",
    "redirect",
    "malformed",
    "too_large",
    "unreachable",
    "tls",
    "timed_out",
    "no_streaming",
    "notice streams_refused",
    "superseded",
    "empty_key",
];

#[cfg(not(target_family = "wasm"))]
#[test]
fn random_scripts_break_no_invariant() {
    crate::systems::run_all::<Script>(&REACHED);
}
