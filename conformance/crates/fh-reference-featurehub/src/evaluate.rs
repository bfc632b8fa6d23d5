//! The evaluation of a feature's strategies.

use std::collections::BTreeMap;

use crate::answer::{Answer, Options, Outcome, Raised, Reason, Step, Unreadable};
use crate::context::{Context, values};
use crate::feature::{Feature, Strategy};
use crate::hash;
use crate::json::Token;
use crate::matcher::{Held, holds};
use crate::mutants::Bug;

/// Evaluates one feature, given as the JSON text of a `FeatureState`.
///
/// # Errors
/// If the text is not a JSON object, or if the mutant raises.
pub fn evaluate(
    feature_json: &str,
    context: Option<&Context>,
    options: &Options,
) -> Result<Answer, Unreadable> {
    let token = Token::document(feature_json, options.mutant)?;
    let feature = Feature::read(token, options.mutant)?;
    Ok(walk(&feature, context, options)?)
}

/// The state that the loop over the strategies carries.
#[derive(Default)]
struct State {
    /// The sum of the percentages of strategies without rules so far, for each percentage key.
    base: BTreeMap<String, i64>,
    /// Used by mutants: strategies with a percentage and without rules no longer match.
    poisoned: bool,
}

pub(crate) fn walk(
    feature: &Feature,
    context: Option<&Context>,
    options: &Options,
) -> Result<Answer, Raised> {
    let empty = Context::new();
    let context = context.or(options.has(Bug::NoContextIsEmpty).then_some(&empty));
    let mut state = State::default();
    let mut trace = Vec::new();
    let mut matched: Option<&Strategy> = None;
    for strategy in &feature.strategies {
        let go_on = matched.is_none() || options.has(Bug::LastMatchWins);
        let skipped = options.has(Bug::LockedSkipsStrategies) && feature.locked;
        let step = match context {
            Some(context) if go_on && !skipped => {
                try_strategy(strategy, feature, context, &mut state, options)?
            }
            _ => step(strategy, Outcome::NotReached),
        };
        if step.outcome == Outcome::Match {
            matched = Some(strategy);
        }
        trace.push(step);
    }

    let is_split = |strategy: &Strategy| {
        let counts = strategy.percentage.is_some_and(|p| p != 0 || strategy.rules.is_empty());
        counts && !options.has(Bug::SplitNotReported)
    };
    let reason = match matched {
        Some(strategy) if is_split(strategy) => Reason::Split,
        Some(_) => Reason::StrategyMatch,
        None if feature.strategies.is_empty() => Reason::Static,
        None => Reason::Default,
    };
    let value = match matched {
        // A strategy that matches with a null value serves null, not the default value.
        Some(strategy) if options.has(Bug::MatchedNullFallsBack) => {
            strategy.value.clone().or(feature.value.clone())
        }
        Some(strategy) => strategy.value.clone(),
        None => feature.value.clone(),
    };
    let reported = matched.filter(|_| !options.has(Bug::StrategyIdLost));
    Ok(Answer {
        matched: matched.is_some(),
        strategy_id: reported.and_then(|strategy| strategy.id.clone()),
        value,
        reason,
        trace,
    })
}

fn step(strategy: &Strategy, outcome: Outcome) -> Step {
    let strategy = strategy.id.clone().unwrap_or_default();
    Step { strategy, outcome, attribute: None, bucket: None, threshold: None }
}

fn try_strategy(
    strategy: &Strategy,
    feature: &Feature,
    context: &Context,
    state: &mut State,
    options: &Options,
) -> Result<Step, Raised> {
    if options.has(Bug::NullArraysThrow) && strategy.rules_are_null {
        return Err(Raised);
    }
    if !strategy.readable {
        return Ok(step(strategy, Outcome::Invalid));
    }
    let has_rules = !strategy.rules.is_empty();
    let percentage =
        strategy.percentage.filter(|_| !(has_rules && options.has(Bug::PctAfterRules)));
    if options.has(Bug::PctNullNeverMatches) && strategy.percentage_is_null {
        return Ok(step(strategy, Outcome::PercentageMiss));
    }
    match percentage {
        None | Some(0) if has_rules => {
            if percentage.is_some() && options.has(Bug::PctZeroBlocksRules) {
                return Ok(step(strategy, Outcome::PercentageMiss));
            }
            state.poisoned |= percentage.is_none() && options.has(Bug::PctRulesOnlyPoisons);
            try_rules(strategy, context, step(strategy, Outcome::Match), options)
        }
        None => {
            state.poisoned |= options.has(Bug::PctBarePoisons);
            let outcome = if options.has(Bug::PctBareMatches) {
                Outcome::Match
            } else {
                Outcome::PercentageMiss
            };
            Ok(step(strategy, outcome))
        }
        // A percentage of 0 matches no context. Profile `edge` still accepts bucket 0.
        Some(0) if !options.edge() && !options.has(Bug::PctZeroAdmitsBucketZero) => {
            Ok(step(strategy, Outcome::PercentageMiss))
        }
        Some(percentage) => try_percentage(strategy, percentage, feature, context, state, options),
    }
}

fn try_percentage(
    strategy: &Strategy,
    percentage: i64,
    feature: &Feature,
    context: &Context,
    state: &mut State,
    options: &Options,
) -> Result<Step, Raised> {
    let no_id = String::new();
    let own_id = feature.id.as_ref().or(options.has(Bug::PctWithoutIdHashed).then_some(&no_id));
    let Some(hash_id) = options.hash_id.as_ref().or(own_id) else {
        return Ok(step(strategy, Outcome::Invalid));
    };
    let Some(key) = percentage_key(strategy, context, options) else {
        if options.has(Bug::PctKeylessByRules) && !strategy.rules.is_empty() {
            return try_rules(strategy, context, step(strategy, Outcome::Match), options);
        }
        return Ok(step(strategy, Outcome::NoPercentageKey));
    };
    let hash = hash::draw(&key, hash_id, options);
    let has_rules = !strategy.rules.is_empty();

    let base_key = if options.has(Bug::PctOneBase) { String::new() } else { key };
    let known = state.base.get(&base_key).copied();
    let reads_base =
        (!has_rules || options.has(Bug::PctRulesReadBase)) && !options.has(Bug::PctNotCumulative);
    let base = if reads_base { known.unwrap_or(0) } else { 0 };
    let limit = percentage.saturating_add(base);
    if !has_rules || options.has(Bug::PctRulesAdvanceBase) {
        // Only later strategies read it, and no strategy is tried after a match.
        state.base.insert(base_key, known.unwrap_or(0).saturating_add(percentage));
    }

    let never = (options.has(Bug::PctSecondOnKeySkipped) && known.is_some())
        || (state.poisoned && !has_rules);
    let mut step = step(strategy, Outcome::Match);
    step.bucket = Some(hash::to_bucket(hash, options));
    step.threshold = u64::try_from(limit).ok();
    if never || !hash::within(hash, limit, options) {
        step.outcome = Outcome::PercentageMiss;
        return Ok(step);
    }
    try_rules(strategy, context, step, options)
}

/// Returns `matched` if all rules match, and otherwise a step for the first rule that does not.
fn try_rules(
    strategy: &Strategy,
    context: &Context,
    matched: Step,
    options: &Options,
) -> Result<Step, Raised> {
    let mut miss: Option<Step> = None;
    for (at, rule) in strategy.rules.iter().enumerate() {
        let outcome = match holds(rule, context, options)? {
            Held::Yes if options.has(Bug::RulesAny) => return Ok(matched),
            Held::Yes => continue,
            Held::No => Outcome::AttributeMiss,
            Held::Unreadable => Outcome::Invalid,
        };
        let failed = Step { outcome, attribute: Some(at), ..matched.clone() };
        if !options.has(Bug::RulesAny) {
            return Ok(failed);
        }
        miss = miss.or(Some(failed));
    }
    Ok(miss.unwrap_or(matched))
}

/// Returns the percentage key: the text that is hashed in front of the id.
fn percentage_key(strategy: &Strategy, context: &Context, options: &Options) -> Option<String> {
    let default = default_key(context, options);
    if options.has(Bug::PctAttributesNeedUser) && default.is_none() {
        return None;
    }
    if strategy.percentage_attributes.is_empty() || options.has(Bug::PctAttributesIgnored) {
        return default;
    }
    let mut parts: Vec<String> = Vec::new();
    for name in &strategy.percentage_attributes {
        match values(context, name) {
            Some(all) if options.has(Bug::PctFirstValueOnly) => parts.extend(all.first().cloned()),
            Some(all) => parts.extend_from_slice(all),
            None if options.has(Bug::PctNoneOmitted) => {}
            None => parts.push("<none>".to_owned()),
        }
    }
    Some(parts.join(if options.has(Bug::PctOtherJoin) { "," } else { "$" }))
}

fn default_key(context: &Context, options: &Options) -> Option<String> {
    let names: &[&str] = if options.has(Bug::SessionIgnored) {
        &["userkey"]
    } else if options.edge() {
        &["sessionkey", "userkey"]
    } else if options.has(Bug::UserkeyFirst) {
        &["userkey", "session"]
    } else {
        &["session", "userkey"]
    };
    let found = names.iter().find_map(|name| values(context, name))?;
    let key = if options.has(Bug::MultiValuedKeyJoined) {
        found.join(",")
    } else {
        found.first()?.clone()
    };
    (!(key.is_empty() && options.has(Bug::EmptyKeyIsNone))).then_some(key)
}
