#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| fh_fuzz_targets::address::run(text));
