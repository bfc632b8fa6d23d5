//! The reasons why parts of a message had no effect.

use fh_eval::Diagnostic;

use crate::secrets::without_found_text;

/// Number of reasons that are kept of a message.
const MOST_REASONS: usize = 100;

/// The reasons why parts of a message had no effect. A message may have many small parts, so the first reasons are kept, and the others are
/// counted.
#[derive(Debug, Default)]
pub(crate) struct Ignored {
    reasons: Vec<String>,
    further: usize,
}

impl Ignored {
    pub(crate) fn add_diagnostic(&mut self, diagnostic: &Diagnostic) {
        self.add(|| without_found_text(diagnostic));
    }

    pub(crate) fn add(&mut self, reason: impl FnOnce() -> String) {
        if self.reasons.len() < MOST_REASONS {
            self.reasons.push(reason());
        } else {
            self.further += 1;
        }
    }

    /// Returns the reasons, and the number of further parts, if there are any.
    pub(crate) fn into_texts(self) -> impl Iterator<Item = String> {
        let further = (self.further > 0)
            .then(|| format!("{} further flags and segments cannot be read", self.further));
        self.reasons.into_iter().chain(further)
    }
}

/// Functions for FeatBit's messages alone, whose parts are read in several steps.
#[cfg(feature = "featbit")]
impl Ignored {
    /// Counts further parts, whose reasons are not known.
    pub(crate) fn count_further(&mut self, further: usize) {
        self.further += further;
    }

    pub(crate) fn append(&mut self, other: Self) {
        self.further += other.further;
        for reason in other.reasons {
            self.add(|| reason);
        }
    }

    /// Returns the number of parts that had no effect.
    pub(crate) fn count(&self) -> usize {
        self.reasons.len() + self.further
    }
}
