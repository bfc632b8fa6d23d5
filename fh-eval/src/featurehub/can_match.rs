//! Strategies that no context can match.

use crate::feature::FeatureRef;
use crate::predicate::Predicate;
use crate::tables::Share;

/// Returns for each strategy of a feature, in the payload's order, whether it can match a context. A strategy cannot match if a part of it is
/// unusable, if it has neither rules nor a percentage, if one of its rules never holds, or if it has rules and a percentage below 0. Without
/// such a strategy, all answers of the feature stay the same. A strategy that is only hidden by an earlier one counts as one that can match,
/// and so does a percentage without rules that admits no bucket, because it changes the buckets of later percentages.
#[must_use]
pub fn can_match(feature: FeatureRef<'_>) -> Vec<bool> {
    let tables = feature.tables();
    let rows = tables.all_strategies(feature.position()).of(&tables.strategies);
    let can_match = rows.iter().map(|row| {
        let rules = row.rules.of(&tables.rules);
        let has_share = match row.share {
            Share::Unusable => false,
            Share::None => !rules.is_empty(),
            Share::Alone => row.limit >= 0,
            _ => true,
        };
        has_share && rules.iter().all(|rule| !matches!(rule.predicate, Predicate::Never))
    });
    can_match.collect()
}
