#![no_main]

libfuzzer_sys::fuzz_target!(|input: &str| fh_fuzz_targets::cluster::run(input));
