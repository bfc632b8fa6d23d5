#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| fh_fuzz_targets::featuresignals_answers::run(bytes));
