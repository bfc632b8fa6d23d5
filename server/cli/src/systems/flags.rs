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
    /// Returns the flag with this key.
    pub(crate) fn get(&self, key: &str) -> Result<FeatureRef<'_>, Failure> {
        self.ruleset.get(key).ok_or_else(|| Failure::NotFound(self.no_such_flag(key)))
    }

    /// Returns the error for a flag that is not there.
    pub(crate) fn no_such_flag(&self, key: &str) -> String {
        match self.archived.iter().any(|archived| archived == key) {
            true => format!("the flag {key} of {} is archived", self.name),
            false => no_such_flag(&self.name, &self.ruleset, key),
        }
    }
}

/// Returns the error for a flag that is not there. The error names the most similar key, if a key is similar.
pub(crate) fn no_such_flag(name: &str, flags: &Ruleset, key: &str) -> String {
    let meant = closest(key, flags.iter().map(|flag| flag.key()));
    let advice = meant.map_or(String::new(), |meant| format!(": did you mean {meant}?"));
    format!("{name} has no flag {key}{advice}")
}
