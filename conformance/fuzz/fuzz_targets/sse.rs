#![no_main]

libfuzzer_sys::fuzz_target!(|stream: &[u8]| fh_fuzz_targets::sse::run(stream));
