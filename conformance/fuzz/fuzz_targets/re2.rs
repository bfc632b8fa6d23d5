#![no_main]

libfuzzer_sys::fuzz_target!(|texts: (&str, &str)| fh_fuzz_targets::re2::run(texts));
