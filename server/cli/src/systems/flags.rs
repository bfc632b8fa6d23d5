//! Compiled flags of a system other than FeatureHub.

use fh_eval::{FeatureRef, Ruleset};
use fh_files::closest;

use crate::failure::Failure;

/// The compiled flags of a payload, and its name in messages.
pub(crate) struct Flags {
    pub(crate) name: String,
    pub(crate) ruleset: Ruleset,
    /// The keys of archived flags, which are not in the ruleset.
    pub(crate) archived: Vec<String>,
}

impl Flags {
    /// Returns the flag with this key. If there is none, the error names the most similar key, if a key is similar.
    pub(crate) fn get(&self, key: &str) -> Result<FeatureRef<'_>, Failure> {
        self.ruleset.get(key).ok_or_else(|| {
            if self.archived.iter().any(|archived| archived == key) {
                return Failure::NotFound(format!("the flag {key} of {} is archived", self.name));
            }
            let meant = closest(key, self.ruleset.iter().map(|flag| flag.key()));
            let advice = meant.map_or(String::new(), |meant| format!(": did you mean {meant}?"));
            Failure::NotFound(format!("{} has no flag {key}{advice}", self.name))
        })
    }
}
