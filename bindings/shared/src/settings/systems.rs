//! The systems whose clients have a setting or a word.

use fh_client::System;

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
        let names = System::ALL.into_iter().filter(|system| self.have(*system)).map(System::name);
        names.collect::<Vec<_>>().join(" or ")
    }
}
