//! The features that differ between two sets of rules.

use fh_eval::FeatureRef;

use crate::feature_set::differ;
use crate::rules::Rules;

/// Returns the keys of the features that visibly differ between two sets of rules: features that were added, removed,
/// or changed in more than their version.
pub(crate) fn differences(older: &Rules, newer: &Rules) -> Vec<Box<str>> {
    let changed = newer.ruleset().iter().filter(|feature| {
        let known = older.ruleset().get(feature.key());
        known.is_none_or(|known| differ(known.json(), feature.json()))
    });
    let is_gone = |feature: &FeatureRef<'_>| newer.ruleset().get(feature.key()).is_none();
    let gone = older.ruleset().iter().filter(is_gone);
    changed.chain(gone).map(|feature| feature.key().into()).collect()
}
