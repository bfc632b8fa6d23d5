//! Checks of the variants of a flag.

use super::parts::ALL;
use super::rules::{Rule, percent};
use crate::flag_lint::findings::{At, Findings};

/// Checks the variants of a state. `hiding` is the rule with the highest percentage of those that match all contexts.
pub(super) fn check(
    findings: &mut Findings,
    state: &At<'_>,
    flag_type: &str,
    rollout: i64,
    hiding: Option<&Rule<'_>>,
) {
    let variants = state.node.list("variants");
    if variants.is_empty() {
        return;
    }
    let at = &state.member("variants");
    let hidden = match hiding.filter(|rule| rule.percentage >= ALL) {
        _ if flag_type != "ab" => Some((
            format!("the flag has the type {flag_type}, so that its variants have no effect"),
            "give the flag the type ab, or remove the variants".to_string(),
        )),
        _ if rollout > 0 => Some((
            "the rollout answers for all contexts, so that no context gets a variant".to_string(),
            "set percentage_rollout to 0, or remove the variants".to_string(),
        )),
        Some(rule) => Some((
            format!(
                "{} answers for all contexts, so that no context gets a variant",
                rule.at.title()
            ),
            format!("give {} conditions, or remove the variants", rule.at.title()),
        )),
        None => None,
    };
    if let Some((message, advice)) = hidden {
        return findings.warn(at, "hidden-variants", message, advice);
    }
    let weights: Option<Vec<i64>> =
        variants.iter().map(|variant| variant.integer("weight")).collect();
    // The engine has a diagnostic for any other weight.
    let Some(weights) = weights else { return };
    if let Some(weight) = weights.iter().find(|weight| **weight < 0) {
        return findings.warn(
            at,
            "weight-sum",
            format!("the weight {weight} takes buckets from the next variant"),
            format!("write weights from 0 to {ALL}"),
        );
    }
    let sum = weights.iter().fold(0_i64, |sum, weight| sum.saturating_add(*weight));
    let effect = match ALL - sum {
        0 => return,
        rest @ 1.. => format!("the last variant also gets the remaining {} %", percent(rest)),
        _ => "the last variants get less than their weights".to_string(),
    };
    let advice = if sum == 100 {
        "write basis points, such as 5000 for 50 %".to_string()
    } else {
        format!("write weights that add up to {ALL}")
    };
    let message = format!("the weights add up to {sum} of {ALL}; {effect}");
    findings.warn(at, "weight-sum", message, advice);
}
