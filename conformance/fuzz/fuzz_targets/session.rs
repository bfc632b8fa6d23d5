#![no_main]

libfuzzer_sys::fuzz_target!(|script: &[u8]| fh_fuzz_targets::session::run(script));
