//! Lists of features.

use crate::generators::choices::Choices;
use crate::generators::feature::Feature;

/// A list of features with different keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    /// The features.
    pub features: Vec<Feature>,
}

impl Payload {
    /// Draws `count` features with the keys `F0`, `F1` and so on.
    pub fn draw(choices: &mut Choices<'_>, count: usize) -> Payload {
        let features = (0..count).map(|position| {
            let key = format!("F{position}");
            Feature { key, ..Feature::draw(choices) }
        });
        Payload { features: features.collect() }
    }

    /// Returns the JSON that is sent on the wire.
    #[must_use]
    pub fn to_json(&self) -> String {
        let features: Vec<String> = self.features.iter().map(Feature::to_json).collect();
        format!("[{}]", features.join(","))
    }
}
