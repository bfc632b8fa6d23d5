//! The systems whose clients have a setting or a word.

use fh_client::System;

/// All systems, in the order of pages.
pub(crate) const ALL: [System; 3] = [System::FeatureHub, System::FeatBit, System::FeatureSignals];

pub(super) const FEATUREHUB: &[System] = &[System::FeatureHub];
pub(super) const FEATBIT: &[System] = &[System::FeatBit];
/// The systems whose servers may evaluate.
pub(super) const EVALUATING: &[System] = &[System::FeatureHub, System::FeatureSignals];
/// The systems whose servers send rules to clients.
pub(super) const SENDING_RULES: &[System] = &[System::FeatureHub, System::FeatBit];

/// The systems whose clients have a setting or a word.
#[derive(Debug, Clone, Copy)]
pub enum Systems {
    /// All systems.
    All,
    /// These systems only.
    Only(&'static [System]),
}

impl Systems {
    /// Returns true if clients of this system have the setting or the word.
    #[must_use]
    pub fn have(self, system: System) -> bool {
        match self {
            Self::All => true,
            Self::Only(systems) => systems.contains(&system),
        }
    }

    /// Returns the names of the systems, such as `FeatBit or FeatureSignals`.
    pub(super) fn names(self) -> String {
        let names = ALL.into_iter().filter(|system| self.have(*system)).map(System::name);
        names.collect::<Vec<_>>().join(" or ")
    }
}
