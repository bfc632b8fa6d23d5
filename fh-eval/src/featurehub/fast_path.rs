//! Selects the strategies that ordinary evaluations walk. Most strategies that cannot match are left out, and the cheap
//! rules of each strategy come first. Explanations walk all strategies in the payload's order, with the same evaluator.

use crate::bucket::BUCKETS;
use crate::predicate::{Predicate, Run};
use crate::rule_order::cheap_first;
use crate::tables::{Growing, Mode, Share, Strategy, StrategyDetail, Tables};
use crate::writer::Writer;

/// Maximum number of rules with which a feature is evaluated without a cache of attributes. The cache is used if a
/// feature has more rules and at most one percentage key. [`Ruleset::evaluate_all`](crate::Ruleset::evaluate_all) uses
/// a cache for all features.
const MANY_RULES: u32 = 3;

/// Returns the strategies that ordinary evaluations walk, chosen from `all` strategies of a feature, and the mode in
/// which the evaluator walks them. `percentage_keys` is the number of different percentage keys.
pub(super) fn fast_path(writer: &mut Writer, all: Run, percentage_keys: usize) -> (Run, Mode) {
    let tables = &mut writer.tables;
    let mut kept = matching(tables, all);
    if percentage_keys < 2 {
        cut_after_everyone(&mut kept);
    }
    let mut changed = kept.len() != all.len as usize;
    for (strategy, _) in &mut kept {
        if let Some(rules) = cheap_first(tables, strategy.rules) {
            strategy.rules = rules;
            changed = true;
        }
    }
    let rules: u32 = kept.iter().map(|(strategy, _)| strategy.rules.len).sum();
    let mode = match (all.len, percentage_keys) {
        (0, _) => Mode::Static,
        (_, 2..) => Mode::SeveralKeys,
        _ if rules > MANY_RULES => Mode::OneKeyManyRules,
        _ => Mode::OneKey,
    };
    if !changed {
        return (all, mode);
    }
    let run = Run { at: tables.strategies.len() as u32, len: kept.len() as u32 };
    for (strategy, detail) in kept {
        tables.strategies.push(strategy);
        tables.details.push(detail);
    }
    (run, mode)
}

/// Returns the strategies without most of those that never match. The function leaves out unusable strategies,
/// strategies with neither a percentage nor rules, and strategies with a rule that was compiled to
/// [`Predicate::Never`]. A strategy with a percentage and no rules is always kept, because its percentage may count for
/// later strategies.
fn matching(tables: &Tables<Growing>, all: Run) -> Vec<(Strategy, StrategyDetail)> {
    let can_match = |strategy: &Strategy| match strategy.share {
        Share::Unusable => false,
        #[cfg(feature = "featbit")]
        Share::Whole | Share::Within => true,
        #[cfg(feature = "featuresignals")]
        Share::Below | Share::Expired | Share::LostGroup | Share::FailedPrerequisite => true,
        Share::None if strategy.rules.len == 0 => false,
        Share::Stacked => true,
        Share::None | Share::Alone => {
            let rules = strategy.rules.of(&tables.rules);
            !rules.iter().any(|rule| matches!(rule.predicate, Predicate::Never))
        }
    };
    let rows = all.of(&tables.strategies).iter().zip(all.of(&tables.details));
    rows.filter(|(strategy, _)| can_match(strategy)).map(|(a, b)| (*a, *b)).collect()
}

/// Drops the strategies after the first one that is known to match every user. The percentage key of named attributes
/// is never missing, so a cumulative percentage over such a key matches every user if it admits the bucket 999,999.
fn cut_after_everyone(kept: &mut Vec<(Strategy, StrategyDetail)>) {
    let everyone = kept.iter().position(|(strategy, _)| {
        strategy.share == Share::Stacked
            && strategy.source != 0
            && strategy.limit >= BUCKETS as i32 - 1
    });
    if let Some(last) = everyone {
        kept.truncate(last + 1);
    }
}
