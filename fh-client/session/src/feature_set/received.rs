//! Received features, whose parts are parsed at most once.

use std::cell::OnceCell;

use fh_eval::internal::wire::{self, Feature};
use serde_json::value::RawValue;

/// A received feature, or the data of a delete event. The parts are parsed when they are first needed, and kept. The check of the
/// environment, the comparison of versions and the compiler thus share one parse.
#[derive(Debug)]
pub(crate) struct Received<'a> {
    json: &'a str,
    parts: OnceCell<Option<Feature<'a>>>,
}

impl<'a> Received<'a> {
    pub(crate) fn new(json: &'a RawValue) -> Self {
        Self { json: json.get(), parts: OnceCell::new() }
    }

    /// Returns the JSON of the feature as it was received.
    pub(crate) fn json(&self) -> &'a str {
        self.json
    }

    /// Returns the parts of the feature; `None` if the JSON is not an object.
    pub(crate) fn parts(&self) -> Option<&Feature<'a>> {
        self.parts.get_or_init(|| Feature::parse(self.json)).as_ref()
    }

    /// Returns true if the JSON is an object with a key that is a text.
    pub(crate) fn is_feature(&self) -> bool {
        self.parts().is_some_and(|parts| wire::text(parts.key).is_some())
    }

    /// Returns true if the JSON has been parsed, which happens when the parts are first needed.
    #[cfg(test)]
    pub(crate) fn is_parsed(&self) -> bool {
        self.parts.get().is_some()
    }
}
