//! Everything as `proptest` strategies: bytes that are read as choices. Fewer and smaller bytes are
//! plainer cases, so they shrink.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::choices::Choices;
use crate::context::{Case, Context, draw_context};
use crate::feature::Feature;
use crate::payload::Payload;
use crate::rule::Rule;
use crate::text::{draw_hostile_text, draw_plain_text};

/// What `draw` makes of up to so many bytes.
fn drawn<T: std::fmt::Debug>(
    bytes: usize,
    draw: impl Fn(&mut Choices<'_>) -> T + 'static,
) -> BoxedStrategy<T> {
    let bytes = vec(any::<u8>(), bytes / 2..=bytes);
    bytes.prop_map(move |bytes| draw(&mut Choices::of(&bytes))).boxed()
}

/// A feature, one in six with one part that cannot be read.
pub fn feature() -> BoxedStrategy<Feature> {
    drawn(400, Feature::draw)
}

/// A feature that a proper server could send, quirks of stored data included.
pub fn well_formed_feature() -> BoxedStrategy<Feature> {
    drawn(400, Feature::draw_well_formed)
}

/// A context for this feature; see [`draw_context`].
pub fn context_for(feature: &Feature) -> BoxedStrategy<Context> {
    let feature = feature.clone();
    drawn(100, move |choices| draw_context(choices, &feature))
}

/// A feature and a context for it.
pub fn case() -> BoxedStrategy<Case> {
    drawn(500, Case::draw)
}

/// A list of so many features with keys `F0`, `F1`, ...
pub fn payload(count: usize) -> BoxedStrategy<Payload> {
    drawn(250 * count, move |choices| Payload::draw(choices, count))
}

/// A rule; see [`Rule::draw`].
pub fn rule() -> BoxedStrategy<Rule> {
    drawn(80, Rule::draw)
}

/// A text that trips implementations; see [`draw_hostile_text`].
pub fn hostile_text() -> BoxedStrategy<String> {
    drawn(16, draw_hostile_text)
}

/// A text of everyday use.
pub fn plain_text() -> BoxedStrategy<String> {
    drawn(16, draw_plain_text)
}
