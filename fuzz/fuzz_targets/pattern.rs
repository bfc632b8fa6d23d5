//! Patterns: any pattern is refused or runs. What Java and JavaScript read alike is refused by both or by neither, and what
//! matches the whole text is also found by a search.
#![no_main]

use fh_eval::text::pattern::{Extent, Pattern, divergences};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (pattern, text) = texts;
    let search = Pattern::compile(pattern, Extent::Search);
    let whole = Pattern::compile(pattern, Extent::Whole);
    let is_found = search.as_ref().is_ok_and(|search| search.is_match(text));
    let is_whole = whole.as_ref().is_ok_and(|whole| whole.is_match(text));
    if divergences(pattern).is_empty() {
        assert_eq!(search.is_ok(), whole.is_ok());
        assert!(is_found || !is_whole);
    }
});
