//! Any requests at an Edge in memory: polls, streams, PUTs and OFREP with hostile paths, headers, contexts, etags and bodies. What
//! comes back keeps its laws, and no request costs more memory than it is long, times a factor.
#![no_main]

use fh_fuzz::edge::play;
use fh_fuzz::memory::Counting;
use libfuzzer_sys::fuzz_target;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fuzz_target!(|script: &[u8]| play(script));
