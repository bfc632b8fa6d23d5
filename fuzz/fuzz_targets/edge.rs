//! Any requests to an Edge in memory: polls, streams, PUTs and OFREP with hostile paths, headers, contexts, etags and
//! bodies. The responses satisfy the invariants, and the memory for a request is bounded by its length times a factor.
#![no_main]

use fh_fuzz::edge::play;
use fh_fuzz::memory::Counting;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|script: &[u8]| play(script));
