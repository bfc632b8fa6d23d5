//! Bytes as a script of network events, responses and commands for a [`fh_session::Session`], with invariants checked after
//! each step.

#[path = "../../../fh-session/tests/simulation/hostile/mod.rs"]
mod hostile;
mod pair;
mod watched;

use pair::Pair;

/// Runs a script to its end.
pub fn play(bytes: &[u8]) {
    hostile::play(bytes, Pair::new).end();
}
