//! Patterns: any pattern is rejected or runs. A pattern that both extents read alike is valid in both or in neither, and a
//! search finds each text that matches as a whole.

use fh_eval::internal::text::pattern::{Divergence, Extent, Pattern, divergences};

pub fn run(texts: (&str, &str)) {
    let (pattern, text) = texts;
    let search = Pattern::compile(pattern, Extent::Search);
    let whole = Pattern::compile(pattern, Extent::Whole);
    let is_found = search.as_ref().is_ok_and(|search| search.is_match(text));
    let is_whole = whole.as_ref().is_ok_and(|whole| whole.is_match(text));
    // Other languages refuse or misread some look-arounds. Both extents read them alike.
    let is_about_look_around = |divergence: &Divergence| {
        matches!(
            divergence,
            Divergence::LookAhead
                | Divergence::NegativeLookAhead
                | Divergence::LookBehind
                | Divergence::NegativeLookBehind
                | Divergence::LookBehindLength
                | Divergence::GroupInLookBehind
                | Divergence::RepeatedLookBehind
        )
    };
    if divergences(pattern).iter().all(is_about_look_around) {
        assert_eq!(search.is_ok(), whole.is_ok());
        assert!(is_found || !is_whole);
    }
}
