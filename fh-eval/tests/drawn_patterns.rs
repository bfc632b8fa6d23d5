//! Drawn patterns with look-around beside the second evaluator, whose method is another one. The part "wasm tests" runs this test as WebAssembly,
//! where another engine runs the patterns.
#![cfg(feature = "edge-profile")]

use fh_eval::internal::text::pattern::{Extent, Pattern};
use fh_reference_featurehub::pattern_matches;
use fh_test::generators::{Choices, draw_pattern};

/// The number of pairs of a pattern and a text.
const PAIRS: usize = 100_000;
/// The number of texts of a pattern.
const TEXTS: usize = 25;

fn text(choices: &mut Choices<'_>) -> String {
    let letters = ["a", "b", "n", "é", "1", "x", "\n", "🐢", "A", " "];
    choices.some(0, 7, |choices| choices.one(&letters)).concat()
}

#[test]
fn drawn_look_arounds_match_as_the_second_evaluator_says() {
    let mut choices = Choices::seeded(0x10_0A_0B);
    let (mut pairs, mut matching, mut patterns) = (0, 0, 0);
    while pairs < PAIRS {
        let pattern = draw_pattern(&mut choices);
        if !["(?=", "(?!", "(?<=", "(?<!"].iter().any(|opening| pattern.contains(opening)) {
            continue;
        }
        let compiled =
            [Extent::Search, Extent::Whole].map(|extent| Pattern::compile(&pattern, extent).ok());
        patterns += usize::from(compiled.iter().all(Option::is_some));
        for _ in 0..TEXTS {
            let text = text(&mut choices);
            for (compiled, is_whole) in compiled.iter().zip([false, true]) {
                let ours = compiled.as_ref().map(|compiled| compiled.is_match(&text));
                assert_eq!(
                    ours,
                    pattern_matches(&pattern, &text, is_whole),
                    "{pattern} on {text:?}, whole: {is_whole}"
                );
                matching += usize::from(ours == Some(true));
            }
            pairs += 1;
        }
    }
    // Neither the patterns nor the texts are one-sided.
    assert!(patterns > PAIRS / TEXTS * 8 / 10, "{patterns} patterns were not refused");
    assert!((PAIRS / 5..2 * PAIRS * 4 / 5).contains(&matching), "{matching} matches");
}
