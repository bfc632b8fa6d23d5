//! Checks of strategies: percentages, ids, and strategies that cannot be reached.

use std::collections::{BTreeSet, HashMap};

use fh_eval::BUCKETS;
use fh_eval::internal::Token;
use fh_eval::internal::wire::name;
use serde_json::value::RawValue;

use super::finding::{At, Findings};
use super::view::{FeatureView, RuleView, StrategyView};

const ALL: i64 = BUCKETS as i64;
/// Below this percentage, the unit was probably mistaken: 0.1 % of all users is less than most rollouts begin with.
const UNIT: i64 = 1_000;
/// The number of earlier strategies with which a strategy is compared, so that a long list does not take quadratic time.
const MOST_COMPARED: usize = 256;

/// A strategy that can match, with which later strategies are compared.
struct MatchingStrategy<'v, 'a> {
    strategy: &'v StrategyView<'a>,
    rules: BTreeSet<String>,
    /// The largest bucket that the strategy matches, which may be larger than every existing bucket, or negative. `None` if the
    /// strategy has no percentage, or the percentage 0.
    limit: Option<i64>,
}

impl MatchingStrategy<'_, '_> {
    fn keys(&self) -> &[String] {
        self.strategy.keys.as_deref().unwrap_or_default()
    }

    fn takes_every_bucket(&self) -> bool {
        self.limit.is_none_or(|limit| limit >= ALL - 1)
    }

    /// Returns the reason why no context, or hardly any, can reach the later strategy. Returns `None` if this strategy is no
    /// such reason.
    fn leaves_nobody_for(&self, later: &MatchingStrategy<'_, '_>) -> Option<String> {
        if !self.rules.is_subset(&later.rules) {
            return None;
        }
        let name = named(self.strategy);
        let same_key = later.limit.is_some() && self.keys() == later.keys();
        if let (Some(limit), Some(later_limit), true) = (self.limit, later.limit, same_key)
            && later_limit <= limit
        {
            return Some(if self.rules.is_empty() {
                format!(
                    "no context can reach this strategy: {name} already matches all buckets up to {}",
                    millionths(limit.min(ALL))
                )
            } else {
                format!(
                    "no context can reach this strategy: {name} has the same rules and already matches these buckets, because percentages beside rules do not add up"
                )
            });
        }
        if !self.takes_every_bucket() {
            return None;
        }
        // Contexts without a user key do not match a percentage of the default key. They reach the later strategy, unless
        // that strategy has a percentage of the default key as well.
        let keyless_pass = self.limit.is_some() && self.keys().is_empty() && !same_key;
        let who = if keyless_pass {
            "only contexts without a user key can reach this strategy"
        } else {
            "no context can reach this strategy"
        };
        let whom = match (self.rules.is_empty(), keyless_pass) {
            (true, false) => "all contexts",
            (true, true) => "all other contexts",
            (false, false) => "all contexts that match these rules",
            (false, true) => "all other contexts that match these rules",
        };
        Some(format!("{who}: {name} matches {whom}"))
    }
}

fn named(strategy: &StrategyView<'_>) -> String {
    let number = strategy.position + 1;
    match &strategy.id {
        Some(id) => format!("strategy {number} ({id})"),
        None => format!("strategy {number}"),
    }
}

/// Returns a text that is equal for rules with the same attribute, type, conditional and set of values. The order of the
/// values, repeated values and nulls are ignored. Of a BOOLEAN rule, only the first value that is not null counts.
fn canonical(rule: &RuleView<'_>) -> String {
    let counted = if rule.kind == "BOOLEAN" { 1 } else { usize::MAX };
    let values: BTreeSet<String> = rule
        .listed()
        .iter()
        .filter(|value| value.token != Token::Null)
        .take(counted)
        .map(|value| {
            value.text().map_or_else(|| value.raw.to_string(), std::borrow::Cow::into_owned)
        })
        .collect();
    let listed = rule.values.as_ref().is_some();
    format!("{:?}", (&rule.field, &rule.kind, &rule.conditional, listed, values))
}

/// Checks the percentages, ids and reachability of a feature's strategies, in order.
pub(super) fn check(findings: &mut Findings<'_>, view: &FeatureView<'_>) {
    let mut takers: Vec<MatchingStrategy<'_, '_>> = Vec::new();
    // For each percentage key, the sum of the readable percentages of the strategies without rules so far.
    let mut sums: Vec<(&[String], i64)> = Vec::new();
    let mut ids = HashMap::new();
    for strategy in &view.strategies {
        duplicate_id(findings, view, strategy, &mut ids);
        let at = view.at_strategy(strategy);
        let (Some(percentage), Some(keys), Some(rules)) =
            (strategy.percentage, &strategy.keys, &strategy.rules)
        else {
            continue;
        };
        let token = strategy.wire.percentage.map(RawValue::get);
        let share = At { member: Some(name::PERCENTAGE), token, ..at.clone() };
        match (percentage, strategy.has_rules()) {
            (None, false) => {
                findings.warn(
                    &at,
                    "empty-strategy",
                    "the strategy has neither rules nor a percentage, so it never matches"
                        .to_string(),
                    "set the percentage to 1000000 (100 %) if the strategy is for all contexts, otherwise remove the strategy",
                );
                continue;
            }
            (Some(0), false) => {
                findings.warn(
                    &share,
                    "percentage-zero",
                    "the strategy has 0 % and no rules, so it never matches under profile client, and at most bucket 0 under profile edge"
                        .to_string(),
                    "remove the strategy, or raise the percentage",
                );
                continue;
            }
            (Some(0), true) => findings.warn(
                &share,
                "percentage-zero",
                "0 % counts as no percentage, so the strategy matches all contexts that match its rules"
                    .to_string(),
                "remove the percentage if the strategy is for all these contexts, otherwise remove the strategy",
            ),
            (Some(percentage @ 1..UNIT), _) => findings.warn(
                &share,
                "percentage-unit",
                format!("the number {percentage} means {}", millionths(percentage)),
                meant(percentage),
            ),
            (Some(percentage), _) if !(0..=ALL).contains(&percentage) => findings.warn(
                &share,
                "percentage-range",
                format!("{percentage} is outside 0 to 1000000 (100 %)"),
                "write the percentage in ten-thousandths of a percent: 20 % is 200000",
            ),
            _ => {}
        }
        let percentage = percentage.filter(|percentage| *percentage != 0);
        let limit = match (percentage, strategy.has_rules()) {
            (Some(percentage), false) => {
                let before =
                    sums.iter().find(|(known, _)| known == keys).map_or(0, |(_, sum)| *sum);
                let sum = before.saturating_add(percentage);
                if before <= ALL && sum > ALL && percentage <= ALL {
                    findings.warn(
                        &share,
                        "percentage-sum",
                        over(keys, sum),
                        "lower the percentages so that they add up to at most 100 %",
                    );
                }
                sums.retain(|(known, _)| known != keys);
                sums.push((keys.as_slice(), sum));
                Some(sum)
            }
            (percentage, _) => percentage,
        };
        // A rule that could not be read never holds, so this strategy hides no later strategy.
        let unread = strategy.wire.rules.as_ref().is_some_and(|all| all.len() != rules.len());
        let taker =
            MatchingStrategy { strategy, rules: rules.iter().map(canonical).collect(), limit };
        if let Some(why) = takers.iter().find_map(|earlier| earlier.leaves_nobody_for(&taker)) {
            findings.warn(
                &at,
                "unreachable",
                why,
                "move this strategy before the other strategy, or remove this strategy",
            );
        }
        if !unread && takers.len() < MOST_COMPARED {
            takers.push(taker);
        }
    }
}

fn meant(percentage: i64) -> String {
    match percentage {
        ..=100 => format!(
            "if {percentage} % is meant, write {}, or {percentage}% in a state file",
            percentage * 10_000
        ),
        _ => "write the percentage in ten-thousandths of a percent: 20 % is 200000, or 20% in a state file"
            .to_string(),
    }
}

/// Formats a share in millionths as a percentage, without rounding.
#[must_use]
pub fn millionths(share: i64) -> String {
    let (whole, rest) = (share / 10_000, share.unsigned_abs() % 10_000);
    let sign = if share < 0 && whole == 0 { "-" } else { "" };
    match format!("{rest:04}").trim_end_matches('0') {
        "" => format!("{sign}{whole} %"),
        decimals => format!("{sign}{whole}.{decimals} %"),
    }
}

fn over(keys: &[String], sum: i64) -> String {
    let whose = match keys {
        [] => "of the user key".to_string(),
        names => format!("of {}", names.join(" and ")),
    };
    format!(
        "the percentages {whose} add up to {} with this strategy, and the part over 100 % never matches",
        millionths(sum)
    )
}

/// Warns about a strategy with the id of an earlier one. `ids` holds the positions of the earlier ids.
fn duplicate_id<'v>(
    findings: &mut Findings<'_>,
    view: &FeatureView<'_>,
    strategy: &'v StrategyView<'_>,
    ids: &mut HashMap<&'v str, u32>,
) {
    let Some(id) = strategy.id.as_deref() else { return };
    let earlier = *ids.entry(id).or_insert(strategy.position);
    if earlier != strategy.position {
        findings.warn(
            &view.at_strategy(strategy),
            "duplicate-strategy",
            format!(
                "strategy {} has the same id, so reports cannot distinguish the two strategies",
                earlier + 1
            ),
            "give each strategy an id of its own",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::millionths;

    #[test]
    fn shares_are_not_rounded() {
        assert_eq!(millionths(123_456), "12.3456 %");
        assert_eq!(millionths(200_000), "20 %");
        assert_eq!(millionths(-5_000), "-0.5 %");
    }
}
