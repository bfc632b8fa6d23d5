//! Any script of network events, responses and commands for a [`fh_session::Session`]: its invariants hold after every step, and
//! the division of bodies into chunks makes no difference.
//!
//! In the mutated copy of the project (`cargo xtask mutants`), the variable `FH_MUTANT` names a mutant to switch on. This shows how long
//! the target takes to find it.

#[allow(unreachable_pub, reason = "the tests of fh-session include this module too")]
#[path = "../../../../../fh-client/session/tests/simulation/hostile/mod.rs"]
mod hostile;
mod pair;
mod watched;

use pair::Pair;

pub fn run(bytes: &[u8]) {
    hostile::play(bytes, Pair::new).end();
}
