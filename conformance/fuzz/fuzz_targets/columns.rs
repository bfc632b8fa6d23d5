#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fh_fuzz_targets::columns::run(data));
