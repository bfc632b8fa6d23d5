//! All generators as `proptest` strategies: bytes that are read as choices. Fewer and smaller bytes give simpler cases, so they shrink.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::generators::choices::Choices;
use crate::generators::context::{Case, Context, draw_context};
use crate::generators::feature::Feature;
use crate::generators::payload::Payload;
use crate::generators::rule::Rule;
use crate::generators::text::{draw_hostile_text, draw_plain_text};

/// Returns a strategy that draws from at most this many bytes.
fn drawn<T: std::fmt::Debug>(
    bytes: usize,
    draw: impl Fn(&mut Choices<'_>) -> T + 'static,
) -> BoxedStrategy<T> {
    let bytes = vec(any::<u8>(), bytes / 2..=bytes);
    bytes.prop_map(move |bytes| draw(&mut Choices::of(&bytes))).boxed()
}

/// Returns a strategy for features. One in six has one unreadable part.
pub fn feature() -> BoxedStrategy<Feature> {
    drawn(400, Feature::draw)
}

/// Returns a strategy for features that a correct server could send, including oddities of stored data.
pub fn well_formed_feature() -> BoxedStrategy<Feature> {
    drawn(400, Feature::draw_well_formed)
}

/// Returns a strategy for contexts for this feature; see [`draw_context`].
pub fn context_for(feature: &Feature) -> BoxedStrategy<Context> {
    let feature = feature.clone();
    drawn(100, move |choices| draw_context(choices, &feature))
}

/// Returns a strategy for features with a context.
pub fn case() -> BoxedStrategy<Case> {
    drawn(500, Case::draw)
}

/// Returns a strategy for lists of `count` features with the keys `F0`, `F1` and so on.
pub fn payload(count: usize) -> BoxedStrategy<Payload> {
    drawn(250 * count, move |choices| Payload::draw(choices, count))
}

/// Returns a strategy for rules; see [`Rule::draw`].
pub fn rule() -> BoxedStrategy<Rule> {
    drawn(80, Rule::draw)
}

/// Returns a strategy for texts that are difficult for implementations; see [`draw_hostile_text`].
pub fn hostile_text() -> BoxedStrategy<String> {
    drawn(16, draw_hostile_text)
}

/// Returns a strategy for ordinary texts.
pub fn plain_text() -> BoxedStrategy<String> {
    drawn(16, draw_plain_text)
}
