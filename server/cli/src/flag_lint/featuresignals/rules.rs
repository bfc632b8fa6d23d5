//! Checks of the rules of a flag.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::conditions;
use super::parts::ALL;
use crate::flag_lint::findings::{At, Findings, meant};
use crate::flag_lint::node::Node;
use fh_edge::internal::Level;

/// The number of rules up to which the server's sort keeps the order of rules with equal priorities.
const STABLE: usize = 12;

/// A rule that the engine reads.
pub(super) struct Rule<'a> {
    pub(super) at: At<'a>,
    pub(super) priority: i64,
    pub(super) percentage: i64,
    pub(super) match_type: Cow<'a, str>,
    pub(super) conditions: Vec<At<'a>>,
    pub(super) segments: Vec<Cow<'a, str>>,
}

impl<'a> Rule<'a> {
    /// Reads a rule; `None` if the engine does not use the rule, because a part has another type.
    fn of(at: &At<'a>) -> Option<Self> {
        let match_type = match at.node.get("match_type") {
            Some(node) if !node.is_null() => node.as_text()?,
            _ => Cow::Borrowed(""),
        };
        let segments = at.node.list_or_none("segment_keys")?;
        Some(Self {
            at: at.clone(),
            priority: at.node.integer("priority")?,
            percentage: at.node.integer("percentage")?,
            match_type: if match_type.is_empty() { Cow::Borrowed("all") } else { match_type },
            conditions: conditions::places(at, at.node.list_or_none("conditions")?),
            segments: segments.into_iter().map(Node::as_text).collect::<Option<_>>()?,
        })
    }
}

/// Checks the rules of a state. Returns the rules that can answer, in the order in which they are tried.
pub(super) fn check<'a>(
    findings: &mut Findings,
    state: &At<'a>,
    segments: &HashMap<&str, Node<'_>>,
    named: &mut HashSet<String>,
) -> Vec<Rule<'a>> {
    let list = state.node.list("rules");
    let count = list.len();
    let mut rules = Vec::with_capacity(count);
    for (position, node) in (0..).zip(list) {
        let at = state.rule(position, node.text("description"), node);
        let Some(rule) = Rule::of(&at) else { continue };
        check_percentage(findings, &at.member("percentage"), rule.percentage);
        check_segments(findings, &rule, segments, named);
        for condition in &rule.conditions {
            conditions::check(findings, condition);
        }
        rules.push(rule);
    }
    rules.retain(|rule| rule.percentage > 0);
    rules.sort_by_key(|rule| rule.priority);
    for equal in rules.chunk_by(|left, right| left.priority == right.priority) {
        check_priorities(findings, equal, count);
    }
    rules
}

/// Checks the percentage of a rule or of a rollout.
pub(super) fn check_percentage(findings: &mut Findings, at: &At<'_>, percentage: i64) {
    let (code, message, advice) = match percentage {
        ..=0 => (
            "no-percentage",
            format!("the percentage is {percentage}, so that the rule never answers"),
            "write 10000 for all contexts that match, or remove the rule".to_string(),
        ),
        1..100 => (
            "percentage-unit",
            format!("the percentage is in basis points: {percentage} is {} %", percent(percentage)),
            format!("write {}, if {percentage} % is meant", percentage * 100),
        ),
        100..=ALL => return,
        _ => (
            "percentage-range",
            format!("the percentage is {percentage}, but {ALL} are all contexts"),
            format!("write {ALL}"),
        ),
    };
    findings.warn(at, code, message, advice);
}

/// Returns basis points as percent.
pub(super) fn percent(basis_points: i64) -> f64 {
    basis_points as f64 / 100.0
}

fn check_segments(
    findings: &mut Findings,
    rule: &Rule<'_>,
    segments: &HashMap<&str, Node<'_>>,
    named: &mut HashSet<String>,
) {
    let has_known = rule.segments.iter().any(|key| segments.contains_key(&**key));
    for key in &rule.segments {
        if !segments.contains_key(&**key) {
            let (level, effect) = if has_known {
                (Level::Warning, "the rule reads only its other segments")
            } else {
                (Level::Error, "the rule names none that exists, so that it never matches")
            };
            let otherwise = "name a segment of the ruleset, or remove the key";
            let advice = meant(key, segments.keys().copied(), otherwise);
            let message = format!("there is no segment {key}; {effect}");
            let at = rule.at.member("segment_keys");
            findings.add(level, &at, "unknown-segment", message, advice);
        }
        named.insert(key.to_string());
    }
}

/// Checks rules with equal priorities of a list with `count` rules.
fn check_priorities(findings: &mut Findings, equal: &[Rule<'_>], count: usize) {
    let [first, second, ..] = equal else { return };
    let titles = match equal.len() - 2 {
        0 => format!("{} and this rule", first.at.title()),
        1 => format!("{}, this rule and another one", first.at.title()),
        more => format!("{}, this rule and {more} others", first.at.title()),
    };
    let order = if count > STABLE {
        "the server may try them in another order, because it keeps the order of at most 12 rules"
    } else {
        "they are tried in the order of the list"
    };
    findings.warn(
        &second.at.member("priority"),
        "duplicate-priority",
        format!("{titles} have the same priority, {}; {order}", second.priority),
        "give each rule a priority of its own",
    );
}
