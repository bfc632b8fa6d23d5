//! Checks of one flag and its state.

use std::collections::{HashMap, HashSet};

use super::parts::{ALL, Flag};
use super::rules::{self, Rule};
use super::{reach, values, variants};
use crate::flag_lint::findings::{At, Findings};
use crate::flag_lint::node::Node;

pub(super) fn check(
    findings: &mut Findings,
    flag: &Flag<'_>,
    segments: &HashMap<&str, Node<'_>>,
    named: &mut HashSet<String>,
) {
    let flag_type = flag.node.text("flag_type").unwrap_or_default();
    values::check(findings, &flag.at(), "default_value", &flag_type);
    let Some(state) = flag.state_at() else { return };
    let state = &state;
    values::check(findings, state, "default_value", &flag_type);
    let rules = rules::check(findings, state, segments, named);
    for rule in &rules {
        values::check_of_rule(findings, &rule.at, &flag_type);
    }
    let hiding = reach::check(findings, &rules, segments);
    let rollout = state.node.integer("percentage_rollout");
    if let Some(rollout) = rollout {
        check_rollout(findings, state, rollout, hiding);
        variants::check(findings, state, &flag_type, rollout, hiding);
    }
    schedules(findings, state);
}

/// Checks the rollout after the rules. `hiding` is the rule with the highest percentage of those that match all contexts.
fn check_rollout(findings: &mut Findings, state: &At<'_>, rollout: i64, hiding: Option<&Rule<'_>>) {
    let at = &state.member("percentage_rollout");
    if rollout != 0 {
        rules::check_percentage(findings, at, rollout);
    }
    if let Some(rule) = hiding.filter(|rule| rollout > 0 && rule.percentage >= rollout.min(ALL)) {
        let title = rule.at.title();
        let message = format!(
            "no context gets the value of the rollout: {title} matches all contexts, with at least its percentage"
        );
        let advice = format!("remove the rollout, or give {title} conditions");
        findings.warn(at, "unreachable", message, advice);
    }
}

fn schedules(findings: &mut Findings, state: &At<'_>) {
    for (member, verb) in [("scheduled_enable_at", "on"), ("scheduled_disable_at", "off")] {
        let Some(time) = state.node.text(member).filter(|time| !time.is_empty()) else { continue };
        findings.warn(
            &state.member(member),
            "schedule",
            format!("the server turns the flag {verb} at {time}; the engine ignores schedules"),
            "fetch the ruleset again after this time",
        );
    }
}
