//! Received features, whose parts are parsed when they are needed.

use fh_eval::internal::wire::{self, Feature};
use serde_json::value::RawValue;

/// A received feature, or the data of a delete event. Its parts are not kept, because those of a long list take many times its size.
#[derive(Debug)]
pub(crate) struct Received<'a> {
    json: &'a str,
    #[cfg(test)]
    pub(crate) parses: std::cell::Cell<usize>,
}

impl<'a> Received<'a> {
    pub(crate) fn new(json: &'a RawValue) -> Self {
        Self::of_json(json.get())
    }

    /// Returns the feature of a text that is JSON.
    pub(crate) fn of_json(json: &'a str) -> Self {
        Self {
            json,
            #[cfg(test)]
            parses: std::cell::Cell::default(),
        }
    }

    /// Returns the JSON of the feature as it was received.
    pub(crate) fn json(&self) -> &'a str {
        self.json
    }

    /// Parses the parts of the feature; `None` if the JSON is not an object.
    pub(crate) fn parts(&self) -> Option<Feature<'a>> {
        #[cfg(test)]
        self.parses.set(self.parses.get() + 1);
        Feature::parse(self.json)
    }

    /// Returns true if the JSON is an object with a key that is a text.
    pub(crate) fn is_feature(&self) -> bool {
        self.parts().is_some_and(|parts| wire::text(parts.key).is_some())
    }
}
