#![no_main]

libfuzzer_sys::fuzz_target!(|json: &str| fh_fuzz_targets::context::run(json));
