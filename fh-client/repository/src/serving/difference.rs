//! The features that differ between two sets of rules.

use fh_eval::FeatureRef;

use super::core::IsVisibleChange;
use crate::rules::Rules;

/// Returns the keys of the features that visibly differ between two sets of rules: features that were added, removed,
/// or visibly changed.
pub(crate) fn differences(
    older: &Rules,
    newer: &Rules,
    is_visible_change: IsVisibleChange,
) -> Vec<Box<str>> {
    let changed = newer.ruleset().iter().filter(|feature| {
        let known = older.ruleset().get(feature.key());
        known.is_none_or(|known| is_visible_change(known, *feature))
    });
    let is_gone = |feature: &FeatureRef<'_>| newer.ruleset().get(feature.key()).is_none();
    let gone = older.ruleset().iter().filter(is_gone);
    changed.chain(gone).map(|feature| feature.key().into()).collect()
}
