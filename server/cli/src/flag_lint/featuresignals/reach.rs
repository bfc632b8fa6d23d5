//! Finds rules that no context reaches. All percentages of a flag read one bucket: a context that is beyond the percentage of a rule is also
//! beyond each smaller percentage of a later one.

use std::borrow::Cow;
use std::collections::HashMap;

use super::parts::ALL;
use super::rules::Rule;
use crate::flag_lint::findings::{At, Findings};
use crate::flag_lint::node::Node;

/// Returns true if a condition holds for all contexts, which have a key.
fn always_holds(condition: &At<'_>) -> bool {
    let node = condition.node;
    let Some(values) = node.texts_or_none("values") else { return false };
    let first = values.first().map(|value| &**value);
    node.text("attribute").as_deref() == Some("key")
        && match node.text("operator").as_deref() {
            Some("exists") => first != Some("false"),
            Some("notIn") => values.is_empty(),
            Some("contains" | "startsWith" | "endsWith") => first == Some(""),
            _ => false,
        }
}

/// Returns true if a rule matches all contexts.
fn matches_all(rule: &Rule<'_>, segments: &HashMap<&str, Node<'_>>) -> bool {
    let contains_all = |key: &Cow<'_, str>| {
        let rules = segments.get(&**key).and_then(|segment| segment.list_or_none("rules"));
        rules.is_some_and(|rules| rules.is_empty())
    };
    let all_segments = rule.segments.is_empty() || rule.segments.iter().any(contains_all);
    let mut conditions = rule.conditions.iter();
    all_segments
        && (rule.conditions.is_empty()
            || match &*rule.match_type {
                "all" => conditions.all(always_holds),
                "any" => conditions.any(always_holds),
                _ => false,
            })
}

/// The parts of a rule that decide whether it matches.
type Test<'a> = (Cow<'a, str>, Vec<[String; 3]>, Vec<Cow<'a, str>>);

fn test<'a>(rule: &Rule<'a>) -> Test<'a> {
    let text = |node: Node<'_>, name| node.text(name).unwrap_or_default().into_owned();
    let parts = |condition: &At<'_>| {
        let node = condition.node;
        let values = node.get("values").map_or("", Node::json).to_string();
        [text(node, "attribute"), text(node, "operator"), values]
    };
    let conditions = rule.conditions.iter().map(parts).collect();
    (rule.match_type.clone(), conditions, rule.segments.clone())
}

/// Checks rules in the order in which they are tried. Returns the rule with the highest percentage of those that match all contexts.
pub(super) fn check<'r, 'a>(
    findings: &mut Findings,
    rules: &'r [Rule<'a>],
    segments: &HashMap<&str, Node<'_>>,
) -> Option<&'r Rule<'a>> {
    let mut hiding: Option<&Rule<'a>> = None;
    let mut largest: HashMap<Test<'a>, &Rule<'a>> = HashMap::new();
    let hides = |earlier: Option<&&'r Rule<'a>>, rule: &Rule<'a>| {
        earlier.filter(|earlier| earlier.percentage >= rule.percentage.min(ALL)).copied()
    };
    for rule in rules {
        let test = test(rule);
        let why = if let Some(earlier) = hides(hiding.as_ref(), rule) {
            let title = earlier.at.title();
            if earlier.percentage >= ALL {
                format!("{title} answers for all contexts before it")
            } else {
                format!("{title} matches all contexts before it, with at least its percentage")
            }
        } else if let Some(earlier) = hides(largest.get(&test), rule) {
            let title = earlier.at.title();
            format!("{title} has the same conditions and at least its percentage")
        } else {
            if matches_all(rule, segments) {
                hiding = Some(rule);
            }
            largest.insert(test, rule);
            continue;
        };
        findings.warn(
            &rule.at,
            "unreachable",
            format!("no context reaches the rule: {why}"),
            "give the rule a lower priority number than that one, or remove one of them",
        );
    }
    hiding
}
