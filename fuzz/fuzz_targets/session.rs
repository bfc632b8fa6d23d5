//! Any script for the client's state machine: its invariants hold after every step, and the division of bodies into chunks
//! makes no difference.
//!
//! In the mutated copy of the project (`cargo xtask mutants`), the variable `FH_MUTANT` names a mutant to switch on. This shows how long
//! the target takes to find it.
#![no_main]

use fh_fuzz::memory::Counting;
use fh_fuzz::session::play;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|script: &[u8]| play(script));
