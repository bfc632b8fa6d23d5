//! Patterns: any pattern is refused or runs; what matches the whole text is also found by a search.
#![no_main]

use fh_eval::text::pattern::{Extent, Pattern};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let (pattern, text) = texts;
    let search = Pattern::compile(pattern, Extent::Search);
    let whole = Pattern::compile(pattern, Extent::Whole);
    assert_eq!(search.is_ok(), whole.is_ok());
    if let (Ok(search), Ok(whole)) = (search, whole)
        && whole.is_match(text)
    {
        assert!(search.is_match(text));
    }
});
