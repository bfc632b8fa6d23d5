//! Any script for the client's state machine: its invariants hold after every step, and the division of bodies into chunks
//! makes no difference.
//!
//! In a build with `RUSTFLAGS="--cfg planted_bugs"`, the variable `FH_PLANTED` names the mutant to use. This shows how long
//! the target takes to find it.
#![no_main]

use fh_fuzz::memory::Counting;
use fh_fuzz::session::play;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[cfg(planted_bugs)]
fn plant() {
    use fh_session::planted::{Bug, plant};
    let wanted = std::env::var("FH_PLANTED").unwrap_or_default();
    let bug = Bug::ALL.iter().find(|(bug, _)| format!("{bug:?}") == wanted);
    plant(Some(bug.expect("FH_PLANTED names no bug").0));
}

#[cfg(not(planted_bugs))]
fn plant() {}

fuzz_target!(init: plant(), |script: &[u8]| play(script));
