//! Patterns: any pattern is rejected or runs. A pattern without divergences is valid in both extents or in neither, and a
//! search finds each text that matches as a whole.

use fh_eval::internal::text::pattern::{Extent, Pattern, divergences};

pub fn run(texts: (&str, &str)) {
    let (pattern, text) = texts;
    let search = Pattern::compile(pattern, Extent::Search);
    let whole = Pattern::compile(pattern, Extent::Whole);
    let is_found = search.as_ref().is_ok_and(|search| search.is_match(text));
    let is_whole = whole.as_ref().is_ok_and(|whole| whole.is_match(text));
    if divergences(pattern).is_empty() {
        assert_eq!(search.is_ok(), whole.is_ok());
        assert!(is_found || !is_whole);
    }
}
